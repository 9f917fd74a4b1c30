//! A channel queries and pays: done, refused, undone, unknown and enquired, repeated, limited, restarted.

use crate::parties::Does;
use crate::support::Bank;
use adapters::value::Record;
use dsl::flow::StepId;
use dsl::value::Outcome;
use engine::driver::Inbox;
use engine::exchange::{Heard, Verdict};
use engine::facts::Facts;
use engine::packet::Packet;
use serde_json::json;
use std::sync::Arc;
use store::{OperationRow, OperationState};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_goes_to_its_provider() {
    let bank = Bank::open().await;
    let (status, told) =
        bank.ask("bank.query_bill", &json!({ "biller": "grid", "payer_no": "0319000000001" })).await;
    assert_eq!(status, 200, "{told}");
    assert_eq!(told["outcome"], "done", "{told}");
    assert_eq!(told["answer"]["due"], "123.45");
    assert_eq!(told["answer"]["items"][1], json!({ "period": "2026-10", "due": "23.45" }));
    let (_, told) = bank.ask("bank.query_bill", &json!({ "biller": "grid", "payer_no": "unknown" })).await;
    assert_eq!((&told["outcome"], &told["reason"]), (&json!("refused"), &json!("no_such_payer")));
    assert_eq!(told["label"], "缴费户号不存在");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_any_call_may_get_says_by_its_coming_what_it_means() {
    let bank = Bank::open().await;
    let (_, told) = bank.ask("bank.query_bill", &json!({ "biller": "grid", "payer_no": "bad" })).await;
    assert_eq!((&told["outcome"], &told["reason"]), (&json!("refused"), &json!("bad_message")), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bill_is_paid_once_however_often_it_is_asked() {
    let bank = Bank::open().await;
    let (status, told) = bank.pay("M1", "123.45").await;
    assert_eq!((status, &told["outcome"]), (200, &json!("done")), "{told}");
    assert_eq!(told["answer"]["receipt_no"], "R0001");
    assert_eq!(bank.books(), (12_345, 12_345));
    let (_, again) = bank.pay("M1", "123.45").await;
    assert_eq!(again, told);
    let (status, other) = bank.pay("M1", "99.00").await;
    assert_eq!((status, &other["reason"]), (409, &json!("duplicate")), "{other}");
    assert_eq!(bank.books(), (12_345, 12_345));
    let (_, enquired) = bank.http("GET", "/v1/bank.pay_bill/M1", &json!(null), "secret").await;
    assert_eq!(enquired["outcome"], "done");
    assert_eq!(enquired["answer"], told["answer"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_undoes_the_debit() {
    let bank = Bank::open().await;
    bank.grid.ledger.lock().unwrap().plan.push_back(Does::Refuses("1003"));
    let (_, told) = bank.pay("M2", "50.00").await;
    assert_eq!((&told["outcome"], &told["reason"]), (&json!("refused"), &json!("already_paid")), "{told}");
    assert_eq!(bank.books(), (0, 0));
    assert_eq!(bank.core.ledger.lock().unwrap().reversed.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_out_is_enquired_and_found_done() {
    let bank = Bank::open().await;
    bank.grid.ledger.lock().unwrap().plan.push_back(Does::BooksSilently);
    let (_, told) = bank.pay("M3", "60.00").await;
    assert_eq!(told["outcome"], "done", "{told}");
    assert_eq!(told["answer"]["receipt_no"], "R0001");
    assert_eq!(bank.books(), (6_000, 6_000));
    assert!(bank.grid.ledger.lock().unwrap().heard.contains(&"1007".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn why_it_was_refused_is_told_also_where_an_enquiry_has_found_it() {
    let bank = Bank::open().await;
    bank.grid.ledger.lock().unwrap().plan.push_back(Does::RefusesSilently);
    let (_, told) = bank.pay("M8", "60.00").await;
    assert_eq!((&told["outcome"], &told["reason"]), (&json!("refused"), &json!("already_paid")), "{told}");
    assert_eq!(told["label"], "已缴费");
    assert_eq!(bank.books(), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_out_that_never_arrived_ends_refused_after_the_quiet_time() {
    let bank = Bank::open().await;
    bank.grid.ledger.lock().unwrap().plan.push_back(Does::Drops);
    let (_, told) = bank.pay("M4", "70.00").await;
    assert_eq!(told["outcome"], "refused", "{told}");
    assert_eq!(bank.books(), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_enquiry_finds_never_seen_is_given_again_once() {
    let bank = Bank::open().await;
    bank.grid.ledger.lock().unwrap().plan.push_back(Does::Drops);
    let body = json!({
        "biller": "grid", "account": "6230580000001234567", "payer_no": "0319000000001", "amount": "70.00",
        "reference": "G1",
    });
    let (_, told) = bank.ask("bank.give", &body).await;
    assert_eq!((&told["outcome"], &told["answer"]["again"]), (&json!("done"), &json!(true)), "{told}");
    assert_eq!(bank.books(), (0, 7_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_with_a_wrong_seal_is_unknown_and_enquired() {
    let bank = Bank::open().await;
    bank.grid.ledger.lock().unwrap().plan.push_back(Does::WrongSeal);
    let (_, told) = bank.pay("M5", "80.00").await;
    assert_eq!(told["outcome"], "done", "{told}");
    assert_eq!(bank.books(), (8_000, 8_000));
    assert!(bank.grid.ledger.lock().unwrap().heard.contains(&"1007".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_session_is_renewed_and_the_request_repeated() {
    let bank = Bank::open().await;
    bank.grid.ledger.lock().unwrap().plan.push_back(Does::Refuses("9003"));
    let (_, told) = bank.pay("M6", "90.00").await;
    assert_eq!(told["outcome"], "done", "{told}");
    let heard = bank.grid.ledger.lock().unwrap().heard.clone();
    assert_eq!(heard.iter().filter(|code| *code == "0001").count(), 2, "{heard:?}");
    assert_eq!(bank.books(), (9_000, 9_000));
    // The party wants another serial for it, and both stand in the journal.
    let rows = bank.operations(&told).await;
    let of_grid = |row: &&OperationRow| row.party == "grid";
    let [first, second] = rows.iter().filter(of_grid).collect::<Vec<_>>()[..] else { panic!("{rows:?}") };
    assert_eq!((first.state, second.state), (OperationState::Refused, OperationState::Done));
    assert_eq!(bank.grid.ledger.lock().unwrap().spent, std::slice::from_ref(&first.serial));
    assert!(bank.grid.ledger.lock().unwrap().booked.contains_key(&second.serial));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reversal_whose_session_is_lost_is_asked_anew_under_another_serial() {
    let bank = Bank::open().await;
    // Nobody hears of the payment, no enquiry is answered: it is taken back.
    {
        let mut ledger = bank.grid.ledger.lock().unwrap();
        ledger.plan.push_back(Does::BooksSilently);
        ledger.deaf_enquiries = true;
        ledger.plan_back.push_back(Does::Refuses("9003"));
    }
    let (_, told) = bank.pay("M7", "90.00").await;
    assert_eq!(told["outcome"], "refused", "{told}");
    assert_eq!(bank.books(), (0, 0));
    let spent = bank.grid.ledger.lock().unwrap().spent.clone();
    let rows = bank.operations(&told).await;
    let of_grid = |row: &&OperationRow| row.party == "grid";
    let [_, first, second] = rows.iter().filter(of_grid).collect::<Vec<_>>()[..] else { panic!("{rows:?}") };
    assert_eq!(spent, std::slice::from_ref(&first.serial));
    assert_ne!(second.serial, first.serial);
    assert_eq!((&*first.name, &*second.name), ("paid/back", "paid/back/2"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_opened_with_what_the_one_before_it_told_and_both_hold() {
    let bank = Bank::open().await;
    // The ticket is asked for under the key that the sign-in has just handed out.
    let (_, told) = bank.ask("bank.query_bill", &json!({ "biller": "grid", "payer_no": "4419000001" })).await;
    assert_eq!(told["outcome"], "done", "{told}");
    let heard = bank.grid.ledger.lock().unwrap().heard.clone();
    assert_eq!(heard, ["0001", "0011", "1001"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_hold_and_are_given_back() {
    let bank = Bank::open().await;
    let (_, told) = bank.pay("L1", "500.01").await;
    assert_eq!(told["reason"], "over_limit", "{told}");
    assert_eq!(bank.pay("L2", "500.00").await.1["outcome"], "done");
    bank.grid.ledger.lock().unwrap().plan.push_back(Does::Refuses("1003"));
    assert_eq!(bank.pay("L3", "400.00").await.1["outcome"], "refused");
    assert_eq!(bank.pay("L4", "450.00").await.1["outcome"], "done");
    let (_, told) = bank.pay("L5", "60.00").await;
    assert_eq!(told["reason"], "over_limit", "{told}");
    assert_eq!(bank.books(), (95_000, 95_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flow_goes_on_after_a_crash() {
    let mut bank = Bank::open().await;
    bank.grid.ledger.lock().unwrap().plan.push_back(Does::BooksSilently);
    let asked = bank.pay("C1", "40.00");
    let crashed = tokio::time::timeout(std::time::Duration::from_millis(700), asked).await;
    assert!(crashed.is_err(), "{crashed:?}");
    bank.gateway = None;
    // The flow goes on in the version that it began in, which is compiled again from the journal.
    bank.start_with("// another version\n").await;
    assert_eq!(bank.gateway().lost(), &[]);
    for _ in 0..100 {
        let (_, told) = bank.http("GET", "/v1/bank.pay_bill/C1", &json!(null), "secret").await;
        if told["outcome"] != "pending" {
            assert_eq!(told["outcome"], "done", "{told}");
            assert_eq!(told["answer"]["receipt_no"], "R0001");
            assert_eq!(bank.books(), (4_000, 4_000));
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    panic!("the flow did not end");
}

/// What its reply is held to, and what it is sealed anew by, is the original's: both are known again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reversal_goes_on_after_a_crash() {
    let mut bank = Bank::open().await;
    {
        let mut ledger = bank.grid.ledger.lock().unwrap();
        ledger.plan.push_back(Does::BooksSilently);
        ledger.deaf_enquiries = true;
        ledger.plan_back.push_back(Does::Drops);
    }
    let sent = async {
        while !bank.grid.ledger.lock().unwrap().plan_back.is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        told = bank.pay("C2", "40.00") => panic!("{told:?}"),
        () = sent => {}
    }
    bank.gateway = None;
    bank.start().await;
    for _ in 0..100 {
        let (_, told) = bank.http("GET", "/v1/bank.pay_bill/C2", &json!(null), "secret").await;
        if told["outcome"] != "pending" {
            assert_eq!(told["outcome"], "refused", "{told}");
            assert_eq!(bank.books(), (0, 0));
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    panic!("the flow did not end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_and_bad_asks_are_refused() {
    let bank = Bank::open().await;
    let (status, _) = bank.http("POST", "/v1/bank.pay_bill", &json!({}), "wrong").await;
    assert_eq!(status, 401);
    let (status, _) = bank.http("POST", "/v1/bank.debit", &json!({}), "secret").await;
    assert_eq!(status, 403);
    let (status, told) = bank.ask("bank.pay_bill", &json!({ "biller": "grid" })).await;
    assert_eq!(status, 400, "{told}");
    let (status, told) = bank.http("GET", "/openapi.json", &json!(null), "").await;
    assert_eq!((status, &told["openapi"]), (200, &json!("3.1.0")));
    let (status, told) = bank.http("GET", "/ready", &json!(null), "").await;
    assert_eq!((status, &told["status"]), (200, &json!("up")));
}

/// A party may answer each copy, and the second time only that it knows the first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_behind_the_one_that_decided_is_recorded_and_changes_nothing() {
    let bank = Bank::open().await;
    {
        let mut ledger = bank.grid.ledger.lock().unwrap();
        ledger.plan.push_back(Does::Refuses("1003"));
        ledger.late = std::time::Duration::from_millis(500);
    }
    let engine = bank.gateway().engine();
    let behind = Packet::of_content("100400000000000200000000000020032".into());
    let heard = Heard {
        outcome: Outcome::Refused(None),
        text: "重复".into(),
        facts: Facts::default(),
        answer: None,
        original: None,
        original_answer: None,
        reply: Arc::new(Record::new(0)),
        packet: behind.clone(),
        more: false,
        no_session: None,
    };
    let debited = async {
        while bank.grid.ledger.lock().unwrap().times("1003") == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let flow = engine.flows.iter().map(|entry| *entry.key()).next().expect("a flow");
        let verdict = Verdict::Heard(Box::new(heard));
        assert!(engine.tell(flow, Inbox::Sent(StepId(0), 1, verdict)).await);
        flow
    };
    let ((_, told), flow) = tokio::join!(bank.pay("M9", "50.00"), debited);
    assert_eq!((&told["outcome"], &told["reason"]), (&json!("refused"), &json!("already_paid")), "{told}");
    assert_eq!(bank.books(), (0, 0));
    let rows = bank.operations(&told).await;
    let debit = rows.iter().find(|row| row.name == "debit").expect("a debit");
    assert_eq!(debit.state, OperationState::Undone);
    assert_eq!(bank.core.ledger.lock().unwrap().reversed, std::slice::from_ref(&debit.serial));
    let decided = debit.reply.as_deref().and_then(Packet::decode).expect("a reply");
    assert!(decided.content().starts_with(format!("1002{}", debit.serial).as_bytes()), "{decided:?}");
    let events = engine.journal.read(move |reader| reader.events(flow, 0, 100)).await.unwrap();
    assert!(events.iter().any(|event| event.kind == "reply" && event.body == behind.encode()), "{events:?}");
}
