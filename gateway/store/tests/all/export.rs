//! A day as a file: it proves itself without a journal, and names the first line that is wrong.

use crate::cluster::Cluster;
use crate::days::{FIRST, SECOND, THIRD, business, for_ever, forget, keep_from, on, put_on};
use crate::support::{Folder, open, proposed};
use sha2::{Digest, Sha256};
use std::path::Path;
use store::{
    Change, DayVerified, Exported, FlowId, KeepFrom, Moment, RefusedInput, Store, Verdict, verify_export,
};

fn filled(store: &mut dyn Store) {
    for flow in 1..=300 {
        business(store, FIRST, flow);
    }
    business(store, SECOND, 900);
    let event = |flow| Change::Event { flow: FlowId(flow), kind: "document read".into(), body: vec![1] };
    put_on(store, SECOND, vec![event(7)]);
    put_on(store, FIRST, vec![Change::ProposeParameter(proposed(1, "day_limit"))]);
}

fn proves_itself(store: &mut dyn Store, folder: &Path) -> Exported {
    let file = folder.join("2026-11-30.jsonl");
    let mut told = Vec::new();
    let mut reader = store.reader().unwrap();
    let exported = reader
        .export(FIRST, &file, &mut |writes, rows| told.push((writes, rows)))
        .unwrap()
        .written()
        .unwrap();
    assert_eq!(exported.writes, 901);
    // Per flow: asked, state, answer, operation, two changes, hold, event; and a parameter's change.
    assert_eq!((exported.rows, exported.later), (300 * 8 + 1, 0));
    assert_eq!(told.last(), Some(&(901, 2_401)));
    let verified = verify_export(&file, &mut |_, _| ()).unwrap();
    assert_eq!((verified.date, verified.fault), (FIRST, None));
    assert_eq!(verified.exported, exported);
    assert!(!folder.join("2026-11-30.jsonl.part").exists());
    let day = reader.verify_day(FIRST, &mut |_, _| ()).unwrap();
    assert_eq!(day, DayVerified { writes: 901, rows: 2_401, faults: Vec::new() });
    assert_eq!(reader.next_day(FIRST).unwrap(), Some(SECOND));
    // What is written after it, for that date too, is told apart.
    put_on(
        store,
        SECOND,
        vec![Change::PutFlow(store::FlowPut {
            end: Some(store::End::Done),
            ..crate::support::put(9, "looked at")
        })],
    );
    let again = store.reader().unwrap().export(FIRST, &file, &mut |_, _| ()).unwrap().written().unwrap();
    assert_eq!((again.rows, again.later), (300 * 8, 1));
    assert_eq!(verify_export(&file, &mut |_, _| ()).unwrap().fault, None);
    again
}

#[test]
fn what_forgotten_flows_hold_for_ever_is_exported_with_the_day_that_forgot_them() {
    let folder = Folder::new("export");
    let mut store = open(&folder.journal());
    for flow in 1..=300 {
        business(&mut store, FIRST, flow);
        let hold = store::Hold { limit: format!("once {flow}"), ..for_ever(flow) };
        put_on(&mut store, FIRST, vec![Change::Reserve { hold, amount: 1, ceiling: 1 }]);
    }
    put_on(&mut store, THIRD, vec![keep_from(SECOND)]);
    forget(&mut store, THIRD, &|| Some(store::verify(&folder.journal()).unwrap()));
    let file = folder.path().join("2026-12-02.jsonl");
    let exported = store.reader().unwrap().export(THIRD, &file, &mut |_, _| ()).unwrap().written().unwrap();
    // Each hold, the day that was forgotten, and from when the journal is kept.
    assert_eq!((exported.rows, exported.later), (300 + 2, 0));
    assert_eq!(verify_export(&file, &mut |_, _| ()).unwrap().fault, None);
}

#[test]
fn the_embedded_store_exports() {
    let folder = Folder::new("export");
    let mut store = open(&folder.journal());
    filled(&mut store);
    let exported = proves_itself(&mut store, folder.path());
    let keep = |exported: &Exported, from| {
        let export = Some(exported.clone());
        vec![Change::KeepFrom(KeepFrom { from, by: "one".into(), export })]
    };
    // What is written for it after it was exported is not lost: it is exported again.
    put_on(&mut store, FIRST, vec![Change::Event { flow: FlowId(8), kind: "late".into(), body: vec![] }]);
    let refused = |verdict| {
        assert!(matches!(&verdict, Verdict::Impossible(why) if why.contains("exported")), "{verdict:?}");
    };
    refused(on(&mut store, THIRD, keep(&exported, SECOND)));
    let file = folder.path().join("2026-11-30.jsonl");
    let exported = store.reader().unwrap().export(FIRST, &file, &mut |_, _| ()).unwrap().written().unwrap();
    assert_eq!(verify_export(&file, &mut |_, _| ()).unwrap().exported, exported);
    refused(on(&mut store, THIRD, keep(&exported, THIRD)));
    put_on(&mut store, THIRD, keep(&exported, SECOND));
    forget(&mut store, THIRD, &|| Some(store::verify(&folder.journal()).unwrap()));
    let day = store.reader().unwrap().forgotten(1).unwrap().remove(0);
    assert_eq!(day.export, Some((exported.name, exported.sha256)));
    let again = store.reader().unwrap().export(FIRST, &folder.path().join("x"), &mut |_, _| ());
    assert!(again.unwrap().written().unwrap_err().contains("exported to 2026-11-30.jsonl"));
    let none =
        store.reader().unwrap().export(store::Day(20_200_101), &folder.path().join("x"), &mut |_, _| ());
    assert!(none.unwrap().written().unwrap_err().contains("nothing was written for 2020-01-01"));
    assert!(!folder.path().join("x").exists() && !folder.path().join("x.part").exists());
}

#[test]
fn the_postgres_store_exports() {
    let cluster = Cluster::start();
    let folder = Folder::new("export");
    let mut store = cluster.open("journal");
    filled(&mut store);
    proves_itself(&mut store, folder.path());
    assert!(store::postgres_verify(&cluster.place("journal")).unwrap().is_whole());
}

#[test]
fn the_first_line_that_is_wrong_is_named() {
    let folder = Folder::new("export");
    let mut store = open(&folder.journal());
    for flow in 1..=4 {
        business(&mut store, FIRST, flow);
    }
    let file = folder.path().join("day");
    store.reader().unwrap().export(FIRST, &file, &mut |_, _| ()).unwrap();
    let whole = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let find = |text: &str| lines.iter().position(|line| line.contains(text)).unwrap();
    let judged = |text: String| {
        std::fs::write(&file, text).unwrap();
        verify_export(&file, &mut |_, _| ()).unwrap().fault.map(|fault| (fault.line, fault.what))
    };
    let without = |at: usize| {
        let kept = lines.iter().enumerate().filter(|(line, _)| *line != at);
        kept.map(|(_, line)| format!("{line}\n")).collect::<String>()
    };
    let with = |at: usize, from: &str, to: &str| {
        let changed = |(line, text): (usize, &&str)| {
            let text = if line == at { text.replacen(from, to, 1) } else { (*text).to_owned() };
            format!("{text}\n")
        };
        lines.iter().enumerate().map(changed).collect::<String>()
    };
    let line = |at: usize| u64::try_from(at).unwrap() + 1;
    let said = |text: String, at: usize, what: &str| {
        let (number, why) = judged(text).expect(what);
        assert_eq!(number, line(at), "{why}");
        assert!(why.contains(what), "{why}");
    };
    let amount = find("\"amount\":32345");
    said(with(amount, "32345", "32344"), amount, "not what was written");
    said(with(3, "\"at\":1000", "\"at\":1001"), 3, "the chain breaks here");
    said(without(5), 5, "the chain breaks here");
    let last = find("{\"flow\":");
    said(without(last - 1), last - 1, "does not end");
    // A row that is left out is missed by the write that speaks of it.
    let event = find("\"event of flow\"");
    let rest = without(event).replace("\"rows\":32", "\"rows\":31");
    let (_, why) = judged(rest.clone()).unwrap();
    assert!(why.contains("SHA-256"), "{why}");
    said(format!("{whole}{{}}\n"), lines.len(), "behind the end");
    said(whole.trim_end().to_owned(), lines.len() - 1, "cut off");
    said(lines[..10].join("\n") + "\n", 10, "ends before its end");
    said(with(event, "{\"event", "{\"happening"), event, "nothing that stands here");
    said(with(0, "20261130", "20261129"), 1, "the chain breaks here");
    said(with(0, "\"tongshi_journal_day\":1", "\"tongshi_journal_day\":2"), 0, "no head");
    let twice = with(event, "\n", "").replacen(lines[event], &format!("{0}\n{0}", lines[event]), 1);
    said(twice, event + 1, "twice");
    assert_eq!(judged(whole.clone()), None);
}

/// The same lines with an end that counts them and has their SHA-256.
fn ended(lines: &[&str], [writes, rows, later]: [usize; 3]) -> String {
    let before: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let sha256: String = Sha256::digest(&before).iter().map(|octet| format!("{octet:02x}")).collect();
    format!(
        "{before}{{\"end\":{{\"writes\":{writes},\"rows\":{rows},\"later\":{later},\"sha256\":\"{sha256}\"}}}}\n"
    )
}

#[test]
fn what_is_written_once_is_not_told_as_changed_later() {
    let folder = Folder::new("export");
    let mut store = open(&folder.journal());
    business(&mut store, FIRST, 1);
    let file = folder.path().join("day");
    store.reader().unwrap().export(FIRST, &file, &mut |_, _| ()).unwrap();
    let whole = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let judged = |name: &str, second: &str, word: &str, of: &str| {
        let at = lines.iter().position(|line| line.starts_with(&format!("{{\"{name}\":"))).unwrap();
        let row: serde_json::Value = serde_json::from_str(lines[at]).unwrap();
        let second = row[name][second].as_i64().unwrap_or(0);
        let other = format!("{{\"{word}\":{{\"of\":\"{of}\",\"first\":1,\"second\":{second}}}}}");
        let mut others = lines[..lines.len() - 1].to_vec();
        others.remove(at);
        others.push(&other);
        std::fs::write(&file, ended(&others, [3, 7, 1])).unwrap();
        let fault = verify_export(&file, &mut |_, _| ()).unwrap().fault;
        assert!(fault.as_ref().is_none_or(|fault| fault.line == others.len() as u64), "{fault:?}");
        fault.map(|fault| fault.what)
    };
    for (name, second) in
        [("event of flow", "place"), ("change of operation", "place"), ("operation", ""), ("flow", "")]
    {
        for word in ["later", "gone"] {
            let what = judged(name, second, word, name).expect(name);
            assert!(what.starts_with(&format!("{name} 1: it ")), "{what}");
        }
    }
    // What a flow came to may be changed later, but stays until the day goes.
    assert_eq!(judged("state of flow", "", "later", "state of flow"), None);
    assert!(judged("state of flow", "", "gone", "state of flow").is_some());
    std::fs::write(&file, ended(&lines[..lines.len() - 1], [3, 8, 0])).unwrap();
    assert_eq!(verify_export(&file, &mut |_, _| ()).unwrap().fault, None);
}

#[test]
fn a_day_that_was_altered_is_not_exported() {
    let alterations = [
        ("UPDATE operation SET amount = amount - 1 WHERE number = 2", "operation 2 is not what was written"),
        ("DELETE FROM operation WHERE number = 2", "operation 2 was written and is not there"),
        ("UPDATE operation_change SET copies = 7 WHERE number = 2", "change of operation 2 is not what"),
        ("DELETE FROM operation_change WHERE number = 2", "change of operation 2 was written"),
        ("UPDATE flow SET asked = x'00' WHERE flow = 3", "flow 3 is not what was written"),
        ("UPDATE flow SET answer = NULL WHERE flow = 3", "answer of flow 3 was written"),
        ("UPDATE event SET kind = 'other' WHERE flow = 3", "event of flow 3 is not what was written"),
        ("UPDATE event SET day = 20261201 WHERE flow = 3", "event of flow 3 was written and is not there"),
        ("UPDATE parameter_change SET new = '1.00'", "change of a parameter 1 is not what was written"),
        ("UPDATE refused_input SET fault = 'none'", "refused input"),
    ];
    let refused = || Change::RefusedInput(RefusedInput::new("line", "peer", "fault", b"head", 1));
    for (alteration, why) in alterations {
        let folder = Folder::new("export");
        let mut store = open(&folder.journal());
        for flow in 1..=3 {
            business(&mut store, FIRST, flow);
        }
        put_on(&mut store, FIRST, vec![Change::ProposeParameter(proposed(1, "day_limit"))]);
        put_on(&mut store, FIRST, vec![refused()]);
        let file = folder.path().join("day");
        store.reader().unwrap().export(FIRST, &file, &mut |_, _| ()).unwrap().written().unwrap();
        std::fs::remove_file(&file).unwrap();
        rusqlite::Connection::open(folder.journal()).unwrap().execute(alteration, []).unwrap();
        let told = store.reader().unwrap().export(FIRST, &file, &mut |_, _| ()).unwrap_err().to_string();
        assert!(told.contains(why) && told.contains("audit verify"), "{alteration}: {told}");
        assert!(!file.exists() && !folder.path().join("day.part").exists());
    }
}

/// A cancelled key of a date that went, in the chain of one that stays, and what was refused and let go.
#[test]
fn what_is_gone_is_told_as_gone() {
    let folder = Folder::new("export");
    let mut store = open(&folder.journal());
    business(&mut store, FIRST, 1);
    let cancelled = store::Key { date: FIRST, ..crate::support::key("never") };
    put_on(&mut store, SECOND, vec![Change::CancelKey(cancelled)]);
    let refused = Change::RefusedInput(RefusedInput::new("line", "peer", "fault", b"head", 1));
    put_on(&mut store, SECOND, vec![refused]);
    put_on(&mut store, THIRD, vec![Change::Forget { before: Moment(2_000) }]);
    put_on(&mut store, THIRD, vec![keep_from(SECOND)]);
    forget(&mut store, THIRD, &|| Some(store::verify(&folder.journal()).unwrap()));
    let file = folder.path().join("day");
    let exported = store.reader().unwrap().export(SECOND, &file, &mut |_, _| ()).unwrap().written().unwrap();
    assert_eq!((exported.rows, exported.later), (0, 2));
    assert_eq!(verify_export(&file, &mut |_, _| ()).unwrap().fault, None);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("\"later\":{"), "{text}");
    for kind in ["cancelled key", "refused input"] {
        assert!(text.contains("{\"gone\":{") && text.contains(kind), "{text}");
    }
}

#[test]
fn an_export_that_was_cut_short_leaves_nothing_under_its_name() {
    let folder = Folder::new("export");
    let mut store = open(&folder.journal());
    business(&mut store, FIRST, 1);
    // A folder stands where the file is to come, so that the last step fails.
    let file = folder.path().join("day");
    std::fs::create_dir(&file).unwrap();
    assert!(store.reader().unwrap().export(FIRST, &file, &mut |_, _| ()).is_err());
    assert!(!folder.path().join("day.part").exists());
    // One that died half-way left its part behind; the next begins anew.
    std::fs::remove_dir(&file).unwrap();
    std::fs::write(folder.path().join("day.part"), "half a line").unwrap();
    store.reader().unwrap().export(FIRST, &file, &mut |_, _| ()).unwrap();
    assert_eq!(verify_export(&file, &mut |_, _| ()).unwrap().fault, None);
}
