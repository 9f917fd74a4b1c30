//! The housing-fund centre: what it wants paid, its batches with lists in lists, its enquiries, its notices.

use super::{ask, facts, fields, holds, object, party};
use crate::world::Outcome::{Done, Unknown};
use crate::world::{Facts, World};
use serde_json::json;

fn states(world: &World) -> String {
    json!(
        world
            .question("SELECT group_concat(state, ' ') AS s FROM (SELECT state FROM task ORDER BY serial)")
            .unwrap()
    )[0]["s"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn payments_are_wanted_asked_and_enquired() {
    let mut world = party("housing-fund");
    for _ in 0..4 {
        world.act("want_pay", &facts("")).unwrap();
    }
    let said = world.act("pay", &facts("")).unwrap();
    assert_eq!(said.len(), 4);
    let serial = said[0].serial.clone().unwrap();
    assert_eq!((serial.as_str(), serial.len()), ("C44190020261123000000000000001", 30));
    assert_eq!(
        (&said[0].fields["Amt"], &said[0].fields["CrAcctName"]),
        (&json!(10_000), &json!("客户00001"))
    );
    assert_eq!(said[0].fields["head"]["SendNode"], "D00000");
    let reply = |status: &str| fields(json!({"HostStatus": status, "CapHostSeqNo": "HX1"}));
    world.answered(&said[0], Done, &reply("done"), &facts("")).unwrap();
    world.answered(&said[1], Done, &reply("unknown"), &facts("")).unwrap();
    world.answered(&said[2], Unknown, &fields(object()), &facts("")).unwrap();
    assert_eq!(states(&world), "done unknown unknown asked");
    assert!(world.act("pay", &facts("")).unwrap().is_empty(), "nothing is asked twice");
    let later = Facts { now: "2026-11-23T13:50:01".into(), ..facts("") };
    let asked = world.act("enquire", &later).unwrap();
    assert_eq!(asked.len(), 3);
    for (said, status) in asked.iter().zip(["done", "refused", "unknown"]) {
        let reply = fields(json!({"OldTxStatus": status, "HostSeqNo": "HX2", "OldBatchNo": ""}));
        world.answered(said, Done, &reply, &later).unwrap();
    }
    assert_eq!(states(&world), "done done refused unknown");
    world.answered(&said[3], Done, &reply("done"), &later).unwrap();
    holds(&world);
}

#[test]
fn a_batch_is_a_list_in_a_list() {
    let mut world = party("housing-fund");
    world.act("want_batch", &facts("")).unwrap();
    world.act("want_pay", &facts("")).unwrap();
    let said = world.act("batch", &facts("")).unwrap();
    assert_eq!(
        (&said[0].fields["BatchTotalNum"], &said[0].fields["BatchTotalAmt"]),
        (&json!(20), &json!(200_000))
    );
    let rows = said[0].fields["FILE_LIST"][0]["DATA"]["rows"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[19]["account"]), (20, &json!("6230580000000000020")));
    world.answered(&said[0], Done, &fields(json!({"BatchNo": "B1"})), &facts("")).unwrap();
    let next = world.act("pay", &facts("")).unwrap();
    assert_eq!(next[0].fields["CrAcctNo"], "6230580000000000021");
    assert_eq!(states(&world), "done asked");
    holds(&world);
}

#[test]
fn notices_are_taken_once() {
    let mut world = party("housing-fund");
    let row = |serial: &str| {
        json!({"seq": 1, "account": "800000000000000001", "serial": serial, "amount": 10_000,
        "date": "2026-11-23", "balance": 5, "memo": ""})
    };
    let told = json!({"FILE_LIST": [{"NAME": "N", "DATA": {"rows": [row("HX1"), row("HX2"), row("HX1")]}}]});
    assert_eq!(ask(&mut world, "tell_movements", "1", told.clone()).outcome, Done);
    assert_eq!(ask(&mut world, "tell_movements", "2", told).outcome, Done);
    assert_eq!(world.question("SELECT 1 AS one FROM movement").unwrap().len(), 2);
    let accounts = json!({"SUMMARY": [{"AcctNo": "8", "AcctName": "新户"}, {"AcctNo": "800000000000000001", "AcctName": "测试公积金中心"}]});
    assert_eq!(ask(&mut world, "tell_accounts", "3", accounts).outcome, Done);
    assert_eq!(world.question("SELECT acct FROM account WHERE told = 1").unwrap().len(), 2);
}
