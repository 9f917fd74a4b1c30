//! A party asks us over its own link: paid, repeated byte for byte, and bad messages.

use crate::deciding::{both, person, said, waits};
use crate::parties::{Does, MMK, frame, opened, seal, short_seal};
use crate::sessions::Shifted;
use crate::support::{Bank, deployment};
use adapters::keys::{KeyFile, Protection};
use adapters::seal::{KeyKind, PreparedKey};
use bytes::Bytes;
use engine::Deployment;
use engine::load::{compile, texts};
use engine::waiting::{Decision, NotDecided, Quiet, Said, Why};
use link::Leave;
use link::tcp::{LineEvent, Request, TcpClient, TcpClientConfig};
use link::world::{Random, RealRandom};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub(crate) async fn send(bank: &Bank, text: &str) -> Option<String> {
    send_to(bank, "host", "back", text).await
}

async fn send_to(bank: &Bank, party: &str, link: &str, text: &str) -> Option<String> {
    let address = bank.gateway().address(party, link).unwrap().to_owned();
    let config = TcpClientConfig::new(address, frame());
    let client = TcpClient::start(&bank.owner.core(), config, Arc::new(|_: LineEvent| {})).unwrap();
    let until = bank.owner.mark().after(Duration::from_secs(10));
    let request =
        Request { bytes: Bytes::from(text.to_owned()), until, key: None, tag: 0, leave: Leave::default() };
    let reply = client.exchange(request).await.reply()?;
    Some(String::from_utf8(reply.to_vec()).unwrap())
}

pub(crate) fn asked(serial: &str, fen: u32) -> String {
    format!(
        "3001{serial}{:12}0000{:<16}{:<20}{:<32}{fen:012}{:<20}",
        "", "grid", "0319000000001", "6230580000001234567", "T1"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_served_ask_is_answered_and_its_repeat_gets_the_same_bytes() {
    let bank = Bank::open().await;
    let first = send(&bank, &asked("000000000042", 2_500)).await.expect("an answer");
    assert!(first.starts_with("3002000000000042"), "{first}");
    assert_eq!(&first[28..32], "0000");
    assert_eq!(first[32..].trim_end(), "R0001");
    assert_eq!(bank.books(), (2_500, 2_500));
    assert_eq!(send(&bank, &asked("000000000042", 2_500)).await.as_deref(), Some(first.as_str()));
    let other = send(&bank, &asked("000000000042", 9_900)).await.expect("an answer");
    assert_eq!(&other[28..32], "2003", "{other}");
    assert_eq!(bank.books(), (2_500, 2_500));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_message_is_answered_in_the_partys_form() {
    let bank = Bank::open().await;
    let bad = asked("000000000043", 100).replace("000000000100", "0000000x0100");
    let told = send(&bank, &bad).await.expect("an answer");
    assert!(told.starts_with("3002000000000043"), "{told}");
    assert_eq!(&told[28..32], "9001");
    assert_eq!(bank.books(), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_goes_by_the_answer_that_means_it() {
    let bank = Bank::open().await;
    let told = send(&bank, &asked("000000000044", 50_100)).await.expect("an answer");
    assert_eq!((&told[..4], &told[4..16], &told[28..32]), ("3009", "000000000044", "1004"), "{told}");
    let told = send(&bank, &asked("000000000045", 50_000)).await.expect("an answer");
    assert_eq!((&told[..4], &told[28..32]), ("3002", "0000"), "{told}");
}

pub(crate) fn about(code: &str, serial: &str, original: &str) -> String {
    format!("{code}{serial}{:12}0000{original}", "")
}

/// A reversal, which repeats the amount in fen.
pub(crate) fn undone(serial: &str, original: &str, fen: u32) -> String {
    about("3003", serial, &format!("{original}{fen:012}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_served_reversal_takes_back_what_holds_and_an_enquiry_says_so() {
    let bank = Bank::open().await;
    send(&bank, &asked("000000000051", 3_000)).await.expect("an answer");
    let told = send(&bank, &about("3005", "000000000052", "000000000051")).await.expect("an answer");
    assert_eq!((&told[28..32], &told[32..34]), ("0000", "00"), "{told}");
    let told = send(&bank, &undone("000000000053", "000000000051", 3_000)).await.expect("an answer");
    assert_eq!(&told[28..32], "0000", "{told}");
    assert_eq!(bank.books(), (0, 0));
    let told = send(&bank, &undone("000000000054", "000000000051", 3_000)).await.expect("an answer");
    assert_eq!(&told[28..32], "0000", "{told}");
}

/// The core refuses to take back what it booked on a day that it has closed: people see it, also after a stop, and the
/// party hears the end once there is one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reversal_that_the_core_refuses_waits_for_people_and_is_told_when_they_have_seen_to_it() {
    let mut bank = Bank::open().await;
    send(&bank, &asked("000000000058", 3_000)).await.expect("an answer");
    bank.core.ledger.lock().unwrap().plan.push_back(Does::Refuses("2002"));
    let back = undone("000000000059", "000000000058", 3_000);
    assert_eq!(send(&bank, &back).await, None);
    assert_eq!(bank.books(), (3_000, 0));
    bank.gateway = None;
    bank.start_with("// another version\n").await;
    let found = waits(&bank, 1).await.remove(0);
    let Why::Operation { party, call, state, .. } = &found.why else { panic!("{found:?}") };
    assert_eq!((party.as_str(), call.as_str(), *state), ("host", "host.debit", "held"), "{found:?}");
    assert_eq!(found.what, "it holds, and could not be taken back");
    assert_eq!(send(&bank, &back).await, None);
    let taken_back = Said { proof: "correcting entry 17".to_owned(), ..said(Decision::TakenBack, "") };
    // It was there: nothing proves that it never was.
    let never = Said { decision: Decision::Never, ..taken_back.clone() };
    let maker = person("maker", &["operator"]);
    let refused = bank.gateway().engine().decide(found.flow, &found.place, &never, &maker).await;
    assert_eq!(refused, Err(NotDecided::Happened("never")));
    both(&bank, &found, &taken_back).await;
    waits(&bank, 0).await;
    // What was decided is no end yet: who asks meanwhile hears nothing, and asks again.
    let mut answer = None;
    for _ in 0..5 {
        answer = send(&bank, &back).await;
        if answer.is_some() {
            break;
        }
    }
    assert_eq!(&answer.expect("an answer")[28..32], "0000");
    let told = send(&bank, &about("3005", "000000000060", "000000000058")).await.expect("an answer");
    assert_eq!(&told[32..34], "02", "{told}");
}

/// The same where the flow names what puts it right: no sooner than no reversal can come any more, and not by one person.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_core_refuses_to_take_back_is_put_right_by_another_posting_once_no_reversal_can_come() {
    let mut bank = Bank::closed().await;
    let clock = Arc::new(Shifted::new());
    bank.clock = Some(Arc::<Shifted>::clone(&clock));
    bank.changed = Some((
        "    undo\n  }\n  step paid",
        "    undo\n    correct bank.credit {\n      account  <- ask.account\n      amount   <- ask.amount\n    }\n  }\n  step paid",
    ));
    bank.start().await;
    send(&bank, &asked("000000000061", 3_000)).await.expect("an answer");
    bank.core.ledger.lock().unwrap().plan.push_back(Does::Refuses("2002"));
    let back = undone("000000000062", "000000000061", 3_000);
    let found = tokio::select! {
        found = waits(&bank, 1) => found,
        _ = send(&bank, &back) => waits(&bank, 1).await,
    }
    .remove(0);
    let Why::Operation { state: "held", correct: Some(Quiet::Until(from)), .. } = &found.why else {
        panic!("{found:?}")
    };
    let correct = Said { proof: "their list of the day".to_owned(), ..said(Decision::Correct, "day closed") };
    let (maker, bare) = (person("maker", &["operator"]), Said { proof: String::new(), ..correct.clone() });
    let decide =
        async |said: &Said| bank.gateway().engine().decide(found.flow, &found.place, said, &maker).await;
    let early = decide(&correct).await;
    assert!(matches!(early, Err(NotDecided::Early("correct", _))), "{early:?}: {from:?}");
    clock.forward(60);
    assert_eq!(decide(&bare).await, Err(NotDecided::NoProof));
    // Refused, it waits as before, and people decide anew at once: no further reversal has left.
    bank.core.ledger.lock().unwrap().plan_back.push_back(Does::Refuses("9002"));
    both(&bank, &found, &correct).await;
    let held_again = async {
        loop {
            let now = waits(&bank, 1).await.remove(0);
            if now.about != found.about && matches!(now.why, Why::Operation { state: "held", .. }) {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let again = tokio::time::timeout(Duration::from_secs(10), held_again).await.expect("it is held again");
    assert_eq!(
        again.what,
        "it holds; what was to put it right was refused (other), and may be tried 4 more times"
    );
    assert!(matches!(again.why, Why::Operation { correct: Some(Quiet::Until(same)), .. } if same == *from));
    both(&bank, &again, &correct).await;
    waits(&bank, 0).await;
    assert_eq!(&send(&bank, &back).await.expect("an answer")[28..32], "0000");
    assert_eq!(bank.books(), (0, 0), "the debit stands, and so does what offsets it");
}

/// The version that came since asks for the bill first: its second step is not that of the flow.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_result_is_that_of_the_step_in_the_flow_s_own_version() {
    let bank = Bank::open().await;
    {
        let mut ledger = bank.grid.ledger.lock().unwrap();
        ledger.plan.push_back(Does::BooksSilently);
        ledger.deaf_enquiries = true;
    }
    let text = deployment(&bank.core.address, &bank.grid.address, &bank.folder.0);
    let newer = newer_version(
        &text,
        (
            "  step debit bank.debit {\n    account  <- ask.account\n    amount   <- ask.amount\n    undo\n  }\n  step paid",
            "  step known bank.query_bill at ask.biller {\n    pass ask\n  }\n  step debit bank.debit {\n    account  <- ask.account\n    amount   <- ask.amount\n    undo\n  }\n  step paid",
        ),
    );
    let result = async {
        while bank.grid.ledger.lock().unwrap().times("1003") == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bank.gateway().reload(newer, Deployment::parse(&text).unwrap()).await.unwrap();
        // The first question has found nothing: the step waits.
        while bank.grid.ledger.lock().unwrap().times("1007") == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let serial = bank.grid.ledger.lock().unwrap().booked.keys().next().cloned().expect("a payment");
        let told = seal(&format!("20030000000000710000{serial}00"));
        let heard = send_to(&bank, "grid", "back", &told).await.expect("an answer");
        assert!(heard.starts_with("20040000000000710000"), "{heard}");
    };
    let ((_, told), ()) = tokio::join!(bank.pay("L1", "20.00"), result);
    assert_eq!(told["outcome"], "done", "{told}");
    assert_eq!(bank.books(), (2_000, 2_000));
    let ledger = bank.grid.ledger.lock().unwrap();
    assert_eq!(
        (ledger.times("1005"), ledger.times("1001")),
        (0, 0),
        "nothing was reversed, nor run by the newer version"
    );
}

/// A version in which one text of the adapters is another.
fn newer_version(deployment: &str, (from, to): (&str, &str)) -> engine::Version {
    let deployment = Deployment::parse(deployment).unwrap();
    let adapters = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slice/adapters");
    let mut texts = texts(&adapters).unwrap();
    assert!(texts.iter().any(|text| text.text.contains(from)));
    for text in &mut texts {
        text.text = text.text.replace(from, to).into();
    }
    let loaded = compile(texts, &deployment).unwrap();
    engine::Version::link(loaded.compiled, loaded.hash, loaded.source, &deployment).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_done_under_an_older_version_is_taken_back_under_a_newer_one() {
    let mut bank = Bank::open().await;
    send(&bank, &asked("000000000048", 3_000)).await.expect("an answer");
    bank.gateway = None;
    bank.start_with("// another version\n").await;
    // The older version is compiled again for it; whoever finds that too long asks once more.
    for _ in 0..10 {
        if let Some(told) = send(&bank, &undone("000000000049", "000000000048", 3_000)).await {
            assert_eq!(&told[28..32], "0000", "{told}");
            assert_eq!(bank.books(), (0, 0));
            return;
        }
    }
    panic!("it was never answered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reversal_of_another_amount_takes_nothing_back() {
    let bank = Bank::open().await;
    send(&bank, &asked("000000000055", 3_000)).await.expect("an answer");
    let told = send(&bank, &undone("000000000056", "000000000055", 3_001)).await.expect("an answer");
    // Not 2001: "never seen" would say that nothing is held.
    assert_eq!(&told[28..32], "2003", "{told}");
    assert_eq!(bank.books(), (3_000, 3_000));
    let told = send(&bank, &undone("000000000057", "000000000055", 3_000)).await.expect("an answer");
    assert_eq!(&told[28..32], "0000", "{told}");
    assert_eq!(bank.books(), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reversal_that_comes_first_refuses_its_original_for_ever() {
    let bank = Bank::open().await;
    let told = send(&bank, &undone("000000000061", "000000000062", 4_000)).await.expect("an answer");
    assert_eq!(&told[28..32], "0000", "{told}");
    let told = send(&bank, &asked("000000000062", 4_000)).await.expect("an answer");
    assert_ne!(&told[28..32], "0000", "{told}");
    assert_eq!(bank.books(), (0, 0));
    let told = send(&bank, &about("3005", "000000000063", "000000000099")).await.expect("an answer");
    assert_eq!(&told[28..32], "2001", "{told}");
}

/// Posts a form and gives the answer, or its status where there is none.
async fn form(bank: &Bank, kind: &str, title: &str, octets: usize) -> serde_json::Value {
    use link::http::{HttpClient, HttpClientConfig, HttpMessage};
    let address = bank.gateway().address("forms", "in").unwrap();
    let client = HttpClient::new(&bank.owner.core(), HttpClientConfig::new(address));
    let body = "QUJD".repeat(octets / 3);
    let text = serde_json::json!({ "kind": kind, "title": title, "body": body }).to_string();
    let until = bank.owner.mark().after(Duration::from_secs(60));
    let reply = client.exchange(&HttpMessage::post("/", Bytes::from(text)), until).await.reply();
    let reply = reply.expect("an answer");
    serde_json::from_slice(&reply.content).unwrap_or_else(|_| serde_json::json!(reply.status))
}

/// A sheet of ten megabytes, where the deployment's limit of a message lets it in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_message_comes_in_over_http_as_far_as_the_deployment_allows() {
    let bank = Bank::open().await;
    assert_eq!(form(&bank, "sheet", "a", 7_500_000).await, serde_json::json!({ "taken": "done" }));
    assert_ne!(form(&bank, "sheet", "a", 15_000_000).await, serde_json::json!({ "taken": "done" }));
}

/// Two messages look alike: which of them it is decides how it is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_refused_by_what_it_says_is_answered_in_its_own_form() {
    let bank = Bank::open().await;
    assert_eq!(form(&bank, "greeting", "", 3).await["greeted"], "done");
    assert_eq!(form(&bank, "sheet", "", 3).await, serde_json::json!({ "taken": "no_title" }));
}

/// The business date is known while a message is read that names none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_names_no_day_is_of_our_business_date() {
    let bank = Bank::open().await;
    let day = || (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(8)).to_string()[..10].to_owned();
    let (before, told, after) = (day(), form(&bank, "greeting", "", 3).await, day());
    assert!([before, after].iter().any(|day| told["day"] == *day), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_school_signs_in_gets_a_key_and_asks_under_it() {
    let bank = Bank::open().await;
    let body = format!("{:<32}{:012}", "6230580000001234567", 1_500);
    let early = short_seal(&MMK, &format!("3001S0010000000000710000{body}"));
    let told = send_to(&bank, "campus", "line", &early).await;
    assert!(told.is_none_or(|told| &told[20..24] != "0000"));
    let told = send_to(&bank, "campus", "line", &short_seal(&MMK, "8001S0010000000000700000"))
        .await
        .expect("an answer");
    assert_eq!(&told[..24], "8002S0010000000000700000", "{told}");
    assert_eq!(short_seal(&MMK, &told[..told.len() - 8]), told);
    let mak = opened(&told[24..56]);
    let asked = short_seal(&mak, &format!("3001S0010000000000720000{body}"));
    let told = send_to(&bank, "campus", "line", &asked).await.expect("an answer");
    assert_eq!(&told[..24], "3002S0010000000000720000", "{told}");
    assert_eq!(short_seal(&mak, &told[..told.len() - 8]), told);
    assert_eq!(bank.books().0, 1_500);
    let wrong = short_seal(&MMK, &format!("3001S0010000000000730000{body}"));
    let told = send_to(&bank, "campus", "line", &wrong).await.expect("an answer");
    assert_eq!(&told[20..24], "00A0", "{told}");
    let mut again = bank;
    again.gateway = None;
    again.start().await;
    assert_eq!(
        send_to(&again, "campus", "line", &asked).await.map(|told| told[20..24].to_owned()),
        Some("0000".into())
    );
    assert_eq!(again.books().0, 1_500);
}

/// The key of a load names the school beside the serial; its reversal names the serial, and stands in a message of the
/// same school.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reversal_finds_an_original_whose_key_names_who_sends() {
    let bank = Bank::open().await;
    let told = send_to(&bank, "campus", "line", &short_seal(&MMK, "8001S0010000000000800000"))
        .await
        .expect("an answer");
    let mak = opened(&told[24..56]);
    let load = |serial: &str| {
        let body = format!("{:<32}{:012}", "6230580000001234567", 2_000);
        short_seal(&mak, &format!("3001S001{serial}0000{body}"))
    };
    let back = |serial: &str, original: &str| short_seal(&mak, &format!("3003S001{serial}0000{original}"));
    let told = send_to(&bank, "campus", "line", &load("000000000081")).await.expect("an answer");
    assert_eq!(&told[20..24], "0000", "{told}");
    assert_eq!(bank.books().0, 2_000);
    let told = send_to(&bank, "campus", "line", &back("000000000082", "000000000081")).await;
    assert_eq!(&told.expect("an answer")[20..24], "0000");
    assert_eq!(bank.books().0, 0);
    let told = send_to(&bank, "campus", "line", &back("000000000083", "000000000084")).await;
    assert_eq!(&told.expect("an answer")[20..24], "0000");
    let told = send_to(&bank, "campus", "line", &load("000000000084")).await.expect("an answer");
    assert_ne!(&told[20..24], "0000", "{told}");
    assert_eq!(bank.books().0, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_under_a_key_whose_sign_in_is_still_under_way_is_read_when_it_has_ended() {
    let mut bank = Bank::closed().await;
    bank.grid.ledger.lock().unwrap().late = Duration::from_millis(700);
    bank.start().await;
    let told = send_to(&bank, "grid", "back", &seal("20010000000000010000")).await.expect("an answer");
    assert_eq!(told, seal("20020000000000010000"));
}

/// The answers to its sign-ins are lost on the way: it goes on with the key that it has, and knows those of the last only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_sign_in_does_not_take_away_the_key_that_the_party_works_with() {
    let bank = Bank::open().await;
    let signs_in = async |serial: &str| {
        let asked = short_seal(&MMK, &format!("8001S001{serial}0000"));
        let told = send_to(&bank, "campus", "line", &asked).await.expect("an answer");
        opened(&told[24..56])
    };
    let loads = async |mak: &[u8; 16], serial: &str| {
        let body = format!("{:<32}{:012}", "6230580000001234567", 1_500);
        let asked = short_seal(mak, &format!("3001S001{serial}0000{body}"));
        send_to(&bank, "campus", "line", &asked).await.map(|told| told[20..24].to_owned())
    };
    let first = signs_in("000000000090").await;
    assert_eq!(loads(&first, "000000000091").await.as_deref(), Some("0000"));
    let lost = signs_in("000000000092").await;
    let last = signs_in("000000000093").await;
    assert_eq!(loads(&first, "000000000094").await.as_deref(), Some("0000"), "within the overlap");
    assert_eq!(loads(&lost, "000000000095").await.as_deref(), Some("00A0"), "it never had this one");
    assert_eq!(loads(&last, "000000000096").await.as_deref(), Some("0000"));
    // Now that it has used the last, that is what it goes on with.
    let newest = signs_in("000000000097").await;
    assert_eq!(loads(&first, "000000000098").await.as_deref(), Some("00A0"));
    assert_eq!(loads(&last, "000000000099").await.as_deref(), Some("0000"));
    assert_eq!(loads(&newest, "000000000100").await.as_deref(), Some("0000"));
}

/// `tongshi key rotate --overlap`: the school goes on with the key that was, as long as it overlaps.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sealed_under_a_rotated_key_is_heard_while_it_overlaps_and_not_after() {
    for (seconds, ret) in [(3_600, "0000"), (-1, "00A0")] {
        let mut bank = Bank::closed().await;
        let mut keys = KeyFile::create(
            &bank.folder.0.join("rotated.keys"),
            &Protection::Key(&[3; 32]),
            &mut |octets: &mut [u8]| octets.fill(5),
        )
        .expect("a file");
        let key = |octets: &[u8; 16]| PreparedKey::symmetric(KeyKind::Tdes, octets).expect("a key");
        let now = jiff::Timestamp::now().as_second();
        keys.put("grid_mmk", key(&MMK), now - 100).expect("a key");
        keys.rotate("grid_mmk", key(&[0x2A; 16]), now - 50, now + seconds).expect("another");
        bank.keys = Some(Arc::new(keys));
        bank.start().await;
        let told = send_to(&bank, "campus", "line", &short_seal(&MMK, "8001S0010000000000900000")).await;
        assert_eq!(told.as_deref().map(|told| &told[20..24]), Some(ret), "{told:?}");
        let newest = short_seal(&[0x2A; 16], "8001S0010000000000910000");
        let told = send_to(&bank, "campus", "line", &newest).await;
        assert_eq!(told.as_deref().map(|told| &told[20..24]), Some("0000"), "{told:?}");
    }
}

/// A source that may fail.
struct Fails(AtomicBool);

impl Random for Fails {
    fn fill(&self, into: &mut [u8]) -> std::io::Result<()> {
        if self.0.load(Ordering::Acquire) {
            return Err(std::io::Error::other("no randomness"));
        }
        RealRandom.fill(into)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_key_is_drawn_where_the_random_source_has_failed() {
    let mut bank = Bank::closed().await;
    let source = Arc::new(Fails(AtomicBool::new(false)));
    bank.random = Some(Arc::<Fails>::clone(&source));
    bank.start().await;
    let signs_in = async |serial: &str| {
        send_to(&bank, "campus", "line", &short_seal(&MMK, &format!("8001S001{serial}0000"))).await
    };
    let cell = bank.gateway().engine().sessions.cell("campus", Some("S001"));
    source.0.store(true, Ordering::Release);
    let told = signs_in("000000000110").await;
    assert!(told.as_deref().is_none_or(|told| &told[20..24] != "0000"), "{told:?}");
    assert!(cell.values().is_none(), "there is no key of zeros");
    source.0.store(false, Ordering::Release);
    let told = signs_in("000000000111").await;
    assert_eq!(told.as_deref().map(|told| &told[20..24]), Some("0000"), "{told:?}");
    assert!(cell.values().is_some());
}
