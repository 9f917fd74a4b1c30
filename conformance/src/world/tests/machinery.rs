//! The machinery on small worlds: rules, repeats, lists, acts, and mistakes told with their places.

use super::{ask, facts, fields, object, word};
use crate::world::Outcome::{Done, Refused, Unknown};
use crate::world::{Tables, World, WorldError};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

struct Folder(PathBuf);

impl Folder {
    fn new(schema: &str, seed: &str, behaviour: &str) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("world-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        for (name, text) in [("schema.sql", schema), ("seed.sql", seed), ("behaviour.yaml", behaviour)] {
            std::fs::write(path.join(name), text).unwrap();
        }
        Self(path)
    }

    fn open(&self) -> Result<World, WorldError> {
        World::open(&self.0, &Tables::Made, Path::new(":memory:"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _left = std::fs::remove_dir_all(&self.0);
    }
}

const SCHEMA: &str =
    "CREATE TABLE thing (name TEXT PRIMARY KEY, count INTEGER NOT NULL, told INTEGER DEFAULT 0);";
const SEED: &str = "INSERT INTO thing (name, count) VALUES ('a', 1), ('b', 2);";
const BEHAVIOUR: &str = r#"
party: small
answer_serial: SELECT 'N' || :serial
always:
  counts are positive: SELECT name FROM thing WHERE count < 0
calls:
  take:
    takes: [name, head.mode, items]
    once: { key: ":serial", same: "10", other: "11", keeps: done, new: [key] }
    rules:
      - do: UPDATE thing SET count = count - 1 WHERE name = :name
      - unknown: "98"
        when: :head_mode = 'slow'
      - refuse: "01"
        when: NOT EXISTS (SELECT 1 FROM thing WHERE name = :name AND count >= 0)
      - let: { left: "SELECT count FROM thing WHERE name = :name" }
    reply: SELECT :left AS left, :answer_serial AS "inner.serial", NULL AS none, json_array(json_object('a', :left)) AS "deep:json"
    lists: { items: "SELECT value AS item FROM json_each(:items)" }
acts:
  tell:
    message: news
    every: 60
    pick: SELECT name, count, 'N' || name AS exchange_serial FROM thing WHERE told = 0 ORDER BY name
    takes: [ok]
    answered:
      - UPDATE thing SET told = 1 WHERE 'N' || name = :exchange_serial AND :outcome = 'done' AND :reply_ok = '00'
"#;

#[test]
fn a_repeat_is_compared_by_all_but_what_is_new_in_each_copy() {
    let folder = Folder::new(SCHEMA, SEED, BEHAVIOUR);
    let mut world = folder.open().unwrap();
    let request =
        |name: &str, key: &str| json!({"name": name, "head": {"mode": "x"}, "items": [], "key": key});
    assert_eq!(word(&ask(&mut world, "take", "1", request("b", "K1"))), (Done, ""));
    let again = ask(&mut world, "take", "1", request("b", "K2"));
    assert_eq!((word(&again), again.repeated), ((Done, "10"), true));
    let other = ask(&mut world, "take", "1", request("a", "K1"));
    assert_eq!((word(&other), other.repeated), ((Refused, "11"), false));
    assert_eq!(other.answer_serial.as_deref(), Some("N1"), "a refusal is an answer with a serial of its own");
}

#[test]
fn rules_judge_in_order_and_a_refusal_leaves_nothing() {
    let folder = Folder::new(SCHEMA, SEED, BEHAVIOUR);
    let mut world = folder.open().unwrap();
    assert_eq!((world.party(), world.calls().collect::<Vec<_>>()), ("small", vec!["take"]));
    let request = json!({"name": "a", "head": {"mode": "x"}, "items": [1, "two"]});
    let done = ask(&mut world, "take", "1", request.clone());
    assert_eq!(word(&done), (Done, ""));
    let expected = json!({"left": 0, "inner": {"serial": "N1"}, "none": null, "deep": [{"a": 0}], "items": [{"item": 1}, {"item": "two"}]});
    assert_eq!(Value::Object(done.fields), expected);
    let refused = ask(&mut world, "take", "2", request.clone());
    assert_eq!((word(&refused), refused.fields.len()), ((Refused, "01"), 0));
    let slow = json!({"name": "b", "head": {"mode": "slow"}, "items": []});
    assert_eq!(word(&ask(&mut world, "take", "3", slow)), (Unknown, "98"));
    let left = world.question("SELECT name, count FROM thing ORDER BY name").unwrap();
    assert_eq!(json!(left), json!([{"name": "a", "count": 0}, {"name": "b", "count": 2}]));
    let reordered = json!({"items": [1, "two"], "head": {"mode": "x"}, "name": "a"});
    let again = ask(&mut world, "take", "1", reordered);
    assert_eq!((word(&again), again.repeated), ((Done, "10"), true));
    assert_eq!(word(&ask(&mut world, "take", "1", json!({"name": "b"}))), (Refused, "11"));
    world.question("UPDATE thing SET count = 5 RETURNING count").unwrap();
    let later = ask(&mut world, "take", "2", request);
    assert_eq!((word(&later), later.repeated), ((Done, ""), false), "a refusal is judged anew");
}

#[test]
fn acts_say_and_hear() {
    let folder = Folder::new(SCHEMA, SEED, BEHAVIOUR);
    let mut world = folder.open().unwrap();
    assert_eq!(
        world.acts().map(|(name, every)| (name, every.unwrap().as_secs())).collect::<Vec<_>>(),
        [("tell", 60)]
    );
    let said = world.act("tell", &facts("")).unwrap();
    assert_eq!((said.len(), said[0].message.as_str(), &said[0].fields["name"]), (2, "news", &json!("a")));
    assert_eq!((said[1].serial.as_deref(), said[1].fields.len()), (Some("Nb"), 2));
    let ok = fields(json!({"ok": "00"}));
    world.answered(&said[0], Done, &ok, &facts("")).unwrap();
    world.answered(&said[1], Unknown, &fields(object()), &facts("")).unwrap();
    assert_eq!(world.act("tell", &facts("")).unwrap().len(), 1);
    assert!(world.act("nothing", &facts("")).is_err());
}

#[test]
fn a_world_lives_on_in_its_file_until_its_data_change() {
    let folder = Folder::new(SCHEMA, SEED, BEHAVIOUR);
    let database = folder.0.join("world.db");
    {
        let mut world = World::open(&folder.0, &Tables::Made, &database).unwrap();
        ask(&mut world, "take", "1", json!({"name": "a"}));
    }
    let mut world = World::open(&folder.0, &Tables::Made, &database).unwrap();
    assert!(ask(&mut world, "take", "1", json!({"name": "a"})).repeated);
    drop(world);
    std::fs::write(folder.0.join("seed.sql"), "").unwrap();
    assert!(matches!(World::open(&folder.0, &Tables::Made, &database), Err(WorldError::Stale { .. })));
}

#[test]
fn mistakes_are_told_with_their_places() {
    let cases = [
        ("rules:", "rulez:", "behaviour.yaml:10:5", "rulez"),
        ("WHERE name = :name\n", "WHERE nam = :name\n", "behaviour.yaml:11:13", "no such column: nam"),
        (":head_mode = 'slow'", ":mode = 'slow'", "behaviour.yaml:13:15", "`:mode` is not known"),
        (
            "- unknown: \"98\"",
            "- unknown: \"98\"\n        refuse: \"1\"",
            "behaviour.yaml:12:9",
            "a rule has one of",
        ),
        ("every: 60", "every: often", "behaviour.yaml:22:12", "u64"),
        ("name FROM thing WHERE count < 0", "name FROM absent", "behaviour.yaml:5:24", "no such table"),
    ];
    for (from, to, place, why) in cases {
        assert!(BEHAVIOUR.contains(from), "{from}");
        let folder = Folder::new(SCHEMA, SEED, &BEHAVIOUR.replacen(from, to, 1));
        let Err(error) = folder.open() else { panic!("opened with {to}") };
        let text = error.to_string();
        assert!(text.contains(place) && text.contains(why), "{to}: {text}");
    }
    let folder = Folder::new("CREATE TABLE a (b INTEGER);\nCREATE TABEL c (d);", "", BEHAVIOUR);
    let Err(error) = folder.open() else { panic!("opened") };
    assert!(error.to_string().contains("schema.sql:2:8"), "{error}");
}
