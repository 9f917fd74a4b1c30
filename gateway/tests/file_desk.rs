//! A desk that gives and takes lists as files with control files, in both directions: what was put is there once over a
//! gateway that is killed, and what does not agree with its control file is refused whole.

use std::path::Path;
use std::process::Command;

#[test]
fn our_gateway_and_the_desk_keep_to_its_suite() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tongshi"));
    command.current_dir(root).args(["conform", "file-desk", "--configs", "conformance/parties/configs"]);
    command.args(["--conformance", "conformance/parties"]);
    command.args(["--folder", concat!(env!("CARGO_TARGET_TMPDIR"), "/file-desk")]);
    let run = command.output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
}
