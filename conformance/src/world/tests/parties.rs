//! Every party's data opens.

use super::{holds, party};
use std::path::Path;

#[test]
fn every_party_opens_and_keeps_its_rules() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("simulators");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir()) {
        let name = entry.unwrap().file_name().into_string().unwrap();
        holds(&party(&name));
        names.push(name);
    }
    assert!(!names.is_empty());
}
