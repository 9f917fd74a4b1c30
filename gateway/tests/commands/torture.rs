//! `tongshi torture` as scripts read it.

use super::{out, scratch, told, tongshi};
use serde_json::Value;

#[test]
fn what_seeds_came_to_ends_with_one_object() {
    let folder = scratch("torture");
    let folder = folder.to_string_lossy();
    let run = tongshi(&["torture", "--seeds", "3", "--json", "--folder", &*folder], b"");
    assert!(run.status.success(), "{}{}", told(&run), out(&run));
    let text = out(&run);
    let said: Value = serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap();
    let count = |name: &str| said[name].as_u64();
    assert!(count("transactions").is_some_and(|transactions| transactions > 0), "{}", said["transactions"]);
    for none in ["lost", "doubled", "false_answers", "hanging", "misdated"] {
        assert_eq!(count(none), Some(0), "{none}");
    }
    assert_eq!(said["failing_seeds"].as_array().map(Vec::len), Some(0));
    let faults = said["faults"].as_object().unwrap();
    assert!(!faults.is_empty() && faults.values().all(Value::is_u64), "{faults:?}");
    // Three seeds reach some, and leave most.
    let all_have = |name: &str, fields: &[&str]| {
        let rows = said[name].as_array().unwrap_or_else(|| panic!("no list `{name}`"));
        assert!(!rows.is_empty(), "{name}");
        assert!(rows.iter().all(|row| fields.iter().all(|field| row[*field].is_string())), "{name}");
    };
    for name in ["reached", "unreached"] {
        all_have(name, &["call", "end"]);
    }
    for name in ["pairs_reached", "pairs_unreached"] {
        all_have(name, &["call", "end", "fault"]);
    }
}
