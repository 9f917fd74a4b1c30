//! A day as a file: it proves itself without a journal, and names the first line that is wrong.

use crate::cluster::Cluster;
use crate::days::{FIRST, SECOND, THIRD, business, for_ever, forget, keep_from, on, put_on};
use crate::support::{Folder, open, proposed};
use std::path::Path;
use store::{Change, Exported, FlowId, KeepFrom, Store, Verdict, verify_export};

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
