//! Parties of the repository can be turned round and compiled from its own side.

use crate::help::*;
use conformance::party::{load, read_texts};
use std::collections::BTreeMap;

#[test]
fn parties_compile_from_their_own_side() {
    let folders = ["campus-card", "core", "housing-fund", "power-dongguan", "zhima-credit"];
    let mut failed = Vec::new();
    for folder in folders {
        let texts = read_texts(&root().join("configs"), &[]).unwrap();
        match load(texts, folder, &BTreeMap::new()) {
            Ok(loaded) => assert_eq!(loaded.inner.len(), loaded.party.module.program.messages.len()),
            Err(error) => failed.push(format!("{folder}: {error}")),
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
