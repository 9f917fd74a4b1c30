//! `tongshi check` beside what an earlier one found sound. Goal: it never says that something is sound which is not, and what is
//! not changed is not looked at again. Method: a small bank with parties of its own folders, changed text by text; each check that
//! knows something says what a check that knows nothing says.

use super::{out, root, scratch};
use dsl::diagnostics::{Code, page};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A bank whose flow pays at the grid and debits at the core, and a waterworks in two variants beside them.
struct Bank {
    configs: PathBuf,
    cache: PathBuf,
}

impl Bank {
    fn new(name: &str) -> Self {
        let bank =
            Self { configs: scratch(&format!("{name}-configs")), cache: scratch(&format!("{name}-cache")) };
        for folder in [&bank.configs, &bank.cache] {
            drop(fs::remove_dir_all(folder));
        }
        let texts = root().join("dsl/tests");
        let read = |name: &str| fs::read_to_string(texts.join(name)).unwrap();
        let case = read("flows/safe/11_refund_for_what_is_done.tongshi");
        let (calls, flow) = case.split_at(case.find("\nflow").unwrap());
        let rows = page(Code(437)).unwrap().good;
        let core = read("prelude/core.tongshi");
        let line = read("prelude/line.tongshi");
        let power = read("prelude/party.tongshi");
        let water = format!(
            "use widths\n\n{}\nsetting form one_of short, long \"表\"\n",
            power.replace("power", "water")
        );
        let long = rows.replace("ask", "ask_long").replace("1001", "1002");
        for (path, text) in [
            ("bank/services.tongshi", read("prelude/bank.tongshi").as_str()),
            ("bank/flow.tongshi", flow),
            ("core/core.tongshi", &core),
            ("grid/party.tongshi", &power),
            ("grid/line.tongshi", &line),
            ("grid/calls.tongshi", calls),
            ("water/party.tongshi", &water),
            ("water/line.tongshi", &line),
            ("water/short.tongshi", &format!("only when setting.form is short\n\n{rows}")),
            ("water/long.tongshi", &format!("only when setting.form is long\n\n{long}")),
            ("widths/rows.tongshi", &rows.replace("ask", "ask_width").replace("1001", "1003")),
        ] {
            let path = bank.configs.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        bank
    }

    fn begin(&self, arguments: &[&str]) -> Child {
        self.begin_at(&self.configs, arguments)
    }

    fn begin_at(&self, folder: &Path, arguments: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tongshi"));
        command.arg("check").arg(folder).arg("--json").args(arguments);
        command.env("TONGSHI_CACHE", &self.cache).stdout(Stdio::piped()).spawn().unwrap()
    }

    /// What a check says, and how many flows and trips it knew.
    fn check(&self, arguments: &[&str]) -> (Value, [u64; 2]) {
        said(self.begin(arguments))
    }

    /// The same, and that a check that knows nothing says it too.
    fn check_both(&self) -> (Value, [u64; 2]) {
        let (anew, nothing) = self.check(&["--anew"]);
        let (found, known) = self.check(&[]);
        assert_eq!((&found, nothing), (&anew, [0, 0]));
        (found, known)
    }

    fn change(&self, file: &str, from: &str, to: &str) {
        let path = self.configs.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file}: {from}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }
}

fn said(child: Child) -> (Value, [u64; 2]) {
    let output = child.wait_with_output().unwrap();
    let mut said: Value = serde_json::from_str(&out(&output)).unwrap();
    let whole = said.as_object_mut().unwrap();
    drop(whole.remove("seconds"));
    let known = whole.remove("known").unwrap();
    (said, ["flows", "round_trips"].map(|what| known[what].as_u64().unwrap()))
}

fn codes(said: &Value) -> Vec<&str> {
    said["errors"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect()
}

#[test]
fn what_did_not_change_is_known() {
    let bank = Bank::new("same");
    let (first, known) = bank.check_both();
    assert_eq!((codes(&first), known), (vec![], [0, 0]), "{first:#}");
    let trips = first["round_trips"].as_u64().unwrap();
    assert!(trips > 50, "{first:#}");
    let (second, known) = bank.check_both();
    assert_eq!((second, known), (first, [1, trips]));
}

/// Each change is made where all is known, is told as if nothing were, and taken back is known again.
#[test]
fn a_change_anywhere_is_looked_at() {
    let bank = Bank::new("change");
    let (sound, _) = bank.check(&[]);
    let trips = sound["round_trips"].as_u64().unwrap();
    let digits = ("count  number 2 digits", "count  number 1 digits");
    for (file, (from, to), code) in [
        ("bank/flow.tongshi", ("    undo\n", ""), "TS0727"),
        ("grid/calls.tongshi", ("unknown  park", "unknown  undo with refund, then park"), "TS0728"),
        ("water/short.tongshi", digits, "TS0437"),
        ("water/long.tongshi", digits, "TS0437"),
        ("widths/rows.tongshi", digits, "TS0437"),
    ] {
        assert_eq!(bank.check(&[]), (sound.clone(), [1, trips]), "before {file}");
        bank.change(file, from, to);
        let (found, _) = bank.check_both();
        assert_eq!(codes(&found), [code], "{file}");
        let (again, _) = bank.check_both();
        assert_eq!(again, found, "{file}: what is not sound is never known");
        bank.change(
            file,
            if to.is_empty() { "pass ask\n" } else { to },
            if to.is_empty() { "pass ask\n    undo\n" } else { from },
        );
    }
}

/// A flow of the bank's that asks a party is looked at with the party, and is none of its flows.
#[test]
fn no_more_is_known_of_a_party_than_it_has() {
    let bank = Bank::new("party");
    let [flows, _] = {
        bank.check(&[]);
        bank.check(&[]).1
    };
    assert_eq!(flows, 1);
    let (said, [known, _]) = said(bank.begin_at(&bank.configs.join("grid"), &[]));
    assert_eq!((said["flows"].as_u64().unwrap(), known), (0, 0), "{said:#}");
}

/// A party's change costs that party; the bank's, and that of what several use, costs all.
#[test]
fn a_change_costs_those_who_see_it() {
    let bank = Bank::new("costs");
    let all = bank.check(&[]).0["round_trips"].as_u64().unwrap();
    let known_after = |file: &str, from: &str| {
        bank.change(file, from, &format!("// \n{from}"));
        bank.check_both().1
    };
    let [flows, trips] = known_after("water/long.tongshi", "call");
    assert!(flows == 1 && trips > 0 && trips < all, "{trips} of {all}");
    assert_eq!(bank.check(&[]).1, [1, all]);
    assert_eq!(known_after("bank/services.tongshi", "service tell"), [1, 0]);
    assert_eq!(known_after("widths/rows.tongshi", "call"), [1, 0]);
    // A service that is declared in a party's folder is everyone's.
    fs::write(
        bank.configs.join("grid/service.tongshi"),
        "service asked query \"问\" {\n  ask {\n    no  text ..20 chars\n  }\n}\n",
    )
    .unwrap();
    assert_eq!(bank.check_both().1, [1, 0]);
}

/// A party whose records another one takes over is seen by all.
#[test]
fn who_lends_records_is_seen() {
    let bank = Bank::new("like");
    let told = "call told {\n  ask {\n    names  list ..9 {\n      name  text ..20 chars\n    }\n  }\n  request \"1009\" {\n    kind  digits 1  = \"1\"\n  }\n}\n";
    fs::write(bank.configs.join("grid/told.tongshi"), told).unwrap();
    let like =
        told.replace("list ..9 {\n      name  text ..20 chars\n    }", "list ..9 like power.told.ask.names");
    fs::write(bank.configs.join("water/told.tongshi"), like).unwrap();
    let (first, _) = bank.check_both();
    assert_eq!(codes(&first), [""; 0], "{first:#}");
    bank.change("grid/told.tongshi", "..20", "..30");
    assert_eq!(bank.check_both().1, [1, 0]);
    bank.change("core/core.tongshi", "call debit", "// \ncall debit");
    let [_, known] = bank.check_both().1;
    assert!(known > 0, "and who lends nothing is not");
}

#[test]
fn spoiled_files_are_not_believed() {
    let bank = Bank::new("spoiled");
    let (first, _) = bank.check(&[]);
    for entry in fs::read_dir(&bank.cache).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("1{text}")).unwrap();
    }
    assert_eq!(bank.check(&[]), (first.clone(), [0, 0]));
    let trips = first["round_trips"].as_u64().unwrap();
    assert_eq!(bank.check(&[]), (first, [1, trips]), "and they are written again");
}

#[test]
fn checks_at_the_same_time_do_one_another_no_harm() {
    let bank = Bank::new("together");
    let (anew, _) = bank.check(&["--anew"]);
    assert!(!bank.cache.exists(), "a check that looks at everything keeps nothing");
    let all: Vec<Child> = (0..4).map(|_| bank.begin(&[])).collect();
    for one in all {
        assert_eq!(said(one).0, anew);
    }
    let trips = anew["round_trips"].as_u64().unwrap();
    assert_eq!(bank.check(&[]), (anew, [1, trips]));
    let strange = |path: &Path| path.extension().is_some();
    let left = fs::read_dir(&bank.cache).unwrap().filter(|entry| strange(&entry.as_ref().unwrap().path()));
    assert_eq!(left.count(), 0, "nothing half written is left");
}

#[test]
fn a_folder_that_cannot_be_had_only_costs_time() {
    let bank = Bank::new("none");
    let (anew, _) = bank.check(&["--anew"]);
    fs::write(&bank.cache, "no folder").unwrap();
    assert_eq!(bank.check(&[]), (anew.clone(), [0, 0]));
    fs::remove_file(&bank.cache).unwrap();
    fs::create_dir_all(bank.cache.join("deeper")).unwrap();
    let mut closed = fs::metadata(&bank.cache).unwrap().permissions();
    closed.set_readonly(true);
    fs::set_permissions(&bank.cache, closed).unwrap();
    assert_eq!(bank.check(&[]), (anew, [0, 0]));
}
