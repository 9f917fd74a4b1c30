//! A switch of bank cards as a party that no bank's folder knows: its suites in both roles, and its messages judged both
//! ways by somebody else's ISO 8583.

use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Six calls, each with what is asked and what is answered.
const MESSAGES: u64 = 12;

/// Its suites in both roles hold; `pyiso8583` reads every message that we make up to the same values, and writes the same octets
/// from them; the MAC is another implementation's too. The command finds that implementation beside the suites.
#[test]
fn the_switch_our_gateway_and_another_implementation_of_iso_8583_agree() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let prepared = Command::new(root.join("conformance/oracles/prepare.sh")).output().unwrap();
    assert!(prepared.status.success(), "{}", String::from_utf8_lossy(&prepared.stderr));
    let mut command = Command::new(env!("CARGO_BIN_EXE_tongshi"));
    command.current_dir(root).args(["conform", "card-switch", "--json"]);
    command.args(["--configs", "conformance/parties/configs", "--conformance", "conformance/parties"]);
    command.args(["--folder", concat!(env!("CARGO_TARGET_TMPDIR"), "/card-switch")]);
    let run = command.output().unwrap();
    let report: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert!(run.status.success(), "{report:#}");
    let system = &report["systems"][0];
    assert_eq!((&system["failed"], &system["skipped"]), (&0.into(), &0.into()), "{system:#}");
    let octets = &system["points"]["1"];
    assert_eq!(
        (octets["passed"].as_u64(), octets["cases"].as_u64()),
        (Some(MESSAGES), Some(MESSAGES)),
        "{system:#}"
    );
}
