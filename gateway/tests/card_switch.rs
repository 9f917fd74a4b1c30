//! A switch of bank cards as a party that no bank's folder knows: its suites in both roles, and its messages judged both
//! ways by somebody else's ISO 8583.

#![expect(clippy::unwrap_used, reason = "a test that fails says so")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const CONFIGS: [&str; 2] = ["--configs", "conformance/parties/configs"];
/// Six calls, each with what is asked and what is answered.
const MESSAGES: usize = 12;
const CASES: usize = 9;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn tongshi(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tongshi"));
    command.args(arguments).args(CONFIGS).current_dir(root());
    command.output().unwrap()
}

#[test]
fn the_switch_and_our_gateway_keep_to_its_suites() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("card-switch");
    let folder = folder.display().to_string();
    let parties = ["--conformance", "conformance/parties", "--folder", &folder];
    let run = tongshi(&[&["conform", "card-switch"][..], &parties[..]].concat());
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
}

/// `pyiso8583` reads every message that we make up to the same values, and writes the same octets from them; the MAC is
/// another implementation's too.
#[test]
fn another_implementation_of_iso_8583_reads_and_writes_the_same() {
    let prepared = Command::new(root().join("conformance/oracles/prepare.sh")).output().unwrap();
    assert!(prepared.status.success(), "{}", String::from_utf8_lossy(&prepared.stderr));
    let specimens = Path::new(env!("CARGO_TARGET_TMPDIR")).join("card-switch.jsonl");
    std::fs::write(&specimens, tongshi(&["specimens", "card-switch"]).stdout).unwrap();
    let mut judge = Command::new(root().join("target/oracles/bin/python3"));
    judge.arg("-B").arg(root().join("conformance/oracles/judge.py")).arg("card_switch");
    let judged = judge.stdin(Stdio::from(std::fs::File::open(&specimens).unwrap())).output().unwrap();
    let said = String::from_utf8_lossy(&judged.stdout);
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
    let lines: Vec<serde_json::Value> =
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), MESSAGES * CASES);
    let wrong: Vec<_> = lines.iter().filter(|line| !line["wrong"].is_null()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}
