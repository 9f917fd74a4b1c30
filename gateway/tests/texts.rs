//! Small parties that are none of a bank's: a laboratory in HL7 segment texts, and in tag=value texts of FIX an order desk that
//! we connect to and an order room that is connected to.
//! Their suites run against the simulated parties, and the libraries `hl7` and `simplefix` of PyPI judge every message that
//! is made up, both ways.
//!
//! In: `conformance/parties`. Out: nothing, or what another implementation reads or writes otherwise.

#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

#[test]
fn segment_texts_and_tag_value_texts_are_those_of_other_implementations() {
    let prepared = Command::new(root().join("conformance/oracles/prepare.sh")).output().unwrap();
    assert!(prepared.status.success(), "{}", String::from_utf8_lossy(&prepared.stderr));
    let mut command = Command::new(env!("CARGO_BIN_EXE_tongshi"));
    command.current_dir(root()).args(["conform", "laboratory", "order-desk", "order-room", "--json"]);
    command.args(["--configs", "conformance/parties/configs", "--conformance", "conformance/parties"]);
    command.args(["--folder", concat!(env!("CARGO_TARGET_TMPDIR"), "/texts")]);
    let judged = command.output().unwrap();
    let report: Value = serde_json::from_slice(&judged.stdout).unwrap();
    assert!(judged.status.success(), "{report:#}");
    for system in report["systems"].as_array().unwrap() {
        // One point for the octets: every message of both directions was judged.
        assert_eq!(system["points"]["1"]["passed"], system["points"]["1"]["cases"], "{system:#}");
        assert_eq!((&system["failed"], &system["skipped"]), (&0.into(), &0.into()), "{system:#}");
    }
    let cases = |place: usize| report["systems"][place]["points"]["1"]["cases"].as_u64().unwrap();
    assert_eq!((cases(0), cases(1), cases(2)), (6, 16, 18), "{report:#}");
}

/// The page says the signs, and each place and tag by its number.
#[test]
fn the_interface_document_shows_signs_places_and_tags() {
    let page = |party: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tongshi"));
        command.current_dir(root()).args(["doc", party, "--configs", "conformance/parties/configs"]);
        let shown = command.output().unwrap();
        assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
        String::from_utf8(shown.stdout).unwrap()
    };
    let laboratory = page("laboratory");
    for part in ["Signs <small>hl7</small>", "level 2: `^`", "R = `~`", "<td>18</td>", "<td>13</td>"] {
        assert!(laboratory.contains(part), "{part}");
    }
    let desk = page("order-desk");
    for part in [
        "Signs <small>fix</small>",
        "`\\u{1}`",
        "<td>35</td>",
        "<td>448</td>",
        "any order after kind before sum",
    ] {
        assert!(desk.contains(part), "{part}");
    }
}
