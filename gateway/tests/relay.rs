//! A relay of transfers as a party that no bank's folder knows: its suites in both roles. In them flows wait for notices that
//! come before, later, or too late, over a gateway that is killed; answers of one connection come in any order; and what
//! comes without a seal is believed only where the adapter says so.

use std::path::Path;
use std::process::Command;

#[test]
fn the_relay_and_our_gateway_keep_to_its_suites() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tongshi"));
    command.current_dir(root).args(["conform", "relay", "--configs", "conformance/parties/configs"]);
    command.args(["--conformance", "conformance/parties"]);
    command.args(["--folder", concat!(env!("CARGO_TARGET_TMPDIR"), "/relay")]);
    let run = command.output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
}
