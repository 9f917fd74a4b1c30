//! Octets as fields and fields as octets, on packets that other tools made.

use crate::help::{root, vector};
use adapters::codec::Judgement;
use conformance::given::{Given, GivenError};
use conformance::inspect::{Inspected, Verdict, encode, inspect_file, look, named, names};
use conformance::party::{load, read_texts};
use conformance::scene::{Adapter, Parts, Scene};
use dsl::model::CallId;
use dsl::program::Part;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

fn adapter(folder: &str) -> Adapter {
    let texts = read_texts(&root().join("configs"), &[]).unwrap();
    load(texts, folder, &BTreeMap::new()).unwrap_or_else(|error| panic!("{error}")).bank
}

fn given(mak: &str) -> Map<String, Value> {
    let tree = json!({
        "setting": { "bank_code": "0402", "area": "31900", "mac_algorithm": "x9_19", "connections": "held" },
        "session": { "mak": mak },
    });
    tree.as_object().unwrap().clone()
}

const MAK: &str = "0123456789ABCDEFFEDCBA9876543210";

fn scene(adapter: &Adapter, call: CallId, given: &Map<String, Value>) -> Result<Scene, GivenError> {
    Given { adapter, call, folder: &root().join("configs") }.scene(given)
}

/// A packet of the power line without its frame.
fn seen(adapter: &Adapter, payload: &[u8], given: &Map<String, Value>) -> Inspected {
    let link = adapter.module.links.iter().position(|link| &*link.link.name == "line").unwrap();
    let parts = Parts::content(payload.to_vec());
    let looked = look(adapter, link, &parts, &|_| true, &|call| scene(adapter, call, given)).unwrap();
    looked.inspected.unwrap()
}

fn payload(name: &str) -> Vec<u8> {
    vector(name)[4..].to_vec()
}

fn seals(seen: &Inspected) -> Vec<&Verdict> {
    seen.judged.iter().filter(|judged| judged.what == Judgement::Seal).map(|judged| &judged.verdict).collect()
}

#[test]
fn a_packet_is_shown_with_places_meanings_and_its_seal() {
    let adapter = adapter("power-dongguan");
    let payload = payload("power_pay_1003");
    let pay = seen(&adapter, &payload, &given(MAK));
    assert_eq!(pay.name.name, "pay.request");
    assert!(pay.fault.is_none());
    assert_eq!(seals(&pay), [&Verdict::Right]);
    let mac = pay.judged.iter().find(|judged| judged.what == Judgement::Seal).unwrap();
    assert!(mac.by.contains("session.mak"), "{}", mac.by);
    for field in &pay.fields {
        if let Some((at, length)) = field.place {
            assert_eq!(field.octets, payload[at as usize..(at + length) as usize], "{}", field.path);
        }
    }
    let field = |path: &str| pay.fields.iter().find(|field| field.path.ends_with(path)).unwrap();
    assert_eq!(field("code").octets, b"1003");
    assert_eq!(field("customer").value, Some(json!("0319000000001")));
    let account = pay.fields.iter().find(|field| field.private).unwrap();
    assert!(!account.octets.is_empty(), "private fields are marked: {}", account.path);
}

#[test]
fn a_seal_is_right_wrong_or_not_judged() {
    let adapter = adapter("power-dongguan");
    let mut payload = payload("power_pay_1003");
    let unknown = seen(&adapter, &payload, &Map::new());
    assert!(matches!(seals(&unknown)[..], [Verdict::NotJudged(_)]), "{:?}", seals(&unknown));
    let other = seen(&adapter, &payload, &given("00112233445566778899AABBCCDDEEFF"));
    assert!(matches!(seals(&other)[..], [Verdict::Wrong { expected: Some(_) }]));
    let last = payload.len() - 1;
    payload[last] ^= 1;
    let spoiled = seen(&adapter, &payload, &given(MAK));
    assert!(spoiled.fault.is_none(), "a wrong seal ends nothing");
    assert!(matches!(seals(&spoiled)[..], [Verdict::Wrong { .. }]));
}

#[test]
fn a_wrong_packet_is_shown_as_far_as_it_has_its_form() {
    let adapter = adapter("power-dongguan");
    let mut payload = payload("power_pay_1003");
    let whole = seen(&adapter, &payload, &given(MAK));
    let amount = whole.fields.iter().find(|field| field.path.ends_with("amount")).unwrap();
    let at = amount.place.unwrap().0 as usize;
    payload[at] = b'x';
    let seen = seen(&adapter, &payload, &given(MAK));
    let (fault, report) = seen.fault.as_ref().unwrap();
    assert_eq!((fault.at as usize, seen.name.name.as_str()), (at, "pay.request"), "{report}");
    assert_eq!(*report.field, *amount.path);
    assert!(
        seen.fields.iter().any(|field| field.path.ends_with("customer")),
        "what stood before it is shown"
    );
}

#[test]
fn what_is_decoded_is_encoded_again() {
    let adapter = adapter("power-dongguan");
    for name in [
        "query_1001",
        "query_1002",
        "query_1002_refused",
        "pay_1003",
        "pay_1004",
        "reverse_1005",
        "enquire_1007",
        "signin_0001",
        "signin_0002",
    ] {
        let payload = payload(&format!("power_{name}"));
        let seen = seen(&adapter, &payload, &given(MAK));
        assert!(seen.fault.is_none(), "{name}: {:?}", seen.fault);
        let tree = seen.tree(&adapter);
        let mut scene = scene(&adapter, seen.name.call, &given(MAK)).unwrap();
        let written =
            encode(&mut scene, &seen.name, &tree, false).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(written.parts.get(Part::Content), &payload, "{name}");
    }
}

#[test]
fn what_is_not_named_is_computed() {
    let adapter = adapter("power-dongguan");
    let payload = payload("power_pay_1003");
    let pay = seen(&adapter, &payload, &given(MAK));
    let mut tree = pay.tree(&adapter);
    tree.remove("mac");
    let mut scene = scene(&adapter, pay.name.call, &given(MAK)).unwrap();
    let written = encode(&mut scene, &pay.name, &tree, false).unwrap();
    assert_eq!(written.parts.get(Part::Content), &payload, "the MAC is made by the key that was given");
    tree.insert("mac".to_owned(), json!("0000000000000000"));
    let written = encode(&mut scene, &pay.name, &tree, false).unwrap();
    assert!(written.parts.get(Part::Content).ends_with(b"0000000000000000"), "what is named stands");
}

#[test]
fn wrong_names_get_the_nearest_right_one() {
    let adapter = adapter("power-dongguan");
    let wrong = named(&adapter, "pya.request").unwrap_err().to_string();
    assert!(wrong.ends_with("did you mean `pay.request`?"), "{wrong}");
    assert_eq!(named(&adapter, "pay").unwrap(), named(&adapter, "pay.request").unwrap());
    assert!(names(&adapter).iter().any(|name| name.name == "pay.reply"));
    let pay = named(&adapter, "pay").unwrap();
    let mut scene = scene(&adapter, pay.call, &given(MAK)).unwrap();
    let tree = json!({ "body": { "custmer": "1" } });
    let failed = encode(&mut scene, &pay, tree.as_object().unwrap(), false).unwrap_err().to_string();
    assert!(failed.contains("did you mean `customer`?"), "{failed}");
    let tree = json!({ "session": { "mac": "00" } });
    let failed = self::scene(&adapter, pay.call, tree.as_object().unwrap()).err().unwrap().to_string();
    assert!(failed.contains("mak"), "{failed}");
    let tree = json!({ "sesion": {} });
    let failed = self::scene(&adapter, pay.call, tree.as_object().unwrap()).err().unwrap().to_string();
    assert!(failed.contains("session"), "{failed}");
}

#[test]
fn a_file_is_known_by_its_name() {
    let adapter = adapter("batch-collection");
    let path = root().join("configs/batch-collection/samples/DS_4400000001_20240315_0001.txt");
    let octets = std::fs::read(path).unwrap();
    let tree = json!({ "unit": { "name": "4400000001", "layout": "delimited", "account": "3600000000000000001", "sealed": "no" } });
    let given = tree.as_object().unwrap().clone();
    let scene = |call| scene(&adapter, call, &given);
    let seen = inspect_file(&adapter, "DS_4400000001_20240315_0001.txt", &octets, 1, &|_| true, &scene);
    let seen = seen.unwrap().unwrap();
    assert!(seen.fault.is_none(), "{:?}", seen.fault);
    assert_eq!(seen.name.name, "batch_delimited.request");
    assert_eq!(seen.wrong(), 0, "{:?}", seen.judged);
    assert_eq!(seen.more_rows, 1);
    assert!(seen.fields.iter().any(|field| field.path == "detail[1].seq" && field.value == Some(json!(1))));
    let other = inspect_file(&adapter, "XX_4400000001_20240315_0001.txt", &octets, 1, &|_| true, &scene);
    assert!(other.unwrap().is_none(), "no message has such a name");
}
