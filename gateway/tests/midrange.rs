//! A core on an AS/400 as a party that no bank's folder knows: records of EBCDIC with Chinese between shifts. Its suite runs
//! against the simulated core, and glibc's iconv judges every message that is made up, both ways.

use serde_json::Value;
use std::path::Path;
use std::process::Command;

#[test]
fn records_of_ebcdic_are_those_of_another_implementation() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let prepared = Command::new(root.join("conformance/oracles/prepare.sh")).output().unwrap();
    assert!(prepared.status.success(), "{}", String::from_utf8_lossy(&prepared.stderr));
    let mut command = Command::new(env!("CARGO_BIN_EXE_tongshi"));
    command.current_dir(root).args([
        "conform",
        "midrange",
        "--json",
        "--configs",
        "conformance/parties/configs",
    ]);
    command.args(["--conformance", "conformance/parties"]);
    command.args(["--folder", concat!(env!("CARGO_TARGET_TMPDIR"), "/midrange")]);
    let judged = command.output().unwrap();
    let report: Value = serde_json::from_slice(&judged.stdout).unwrap();
    assert!(judged.status.success(), "{report:#}");
    let system = &report["systems"][0];
    // One point for the octets: every message of both directions was judged.
    let octets = &system["points"]["1"];
    assert_eq!(octets["passed"], octets["cases"], "{system:#}");
    assert_eq!(
        (&octets["cases"], &system["failed"], &system["skipped"]),
        (&4.into(), &0.into(), &0.into()),
        "{system:#}"
    );
}
