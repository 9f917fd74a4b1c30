//! A desk whose messages are numbered, written out by offsets: numbers go on over a restart, what is missing is asked for
//! and filled, what still waits is sent again under its own number; what the desk asks is answered under ours.
//!
//! A frame of the desk: `code(4) number(9) again(1) serial(12) body`.

use crate::leased::Leased;
use crate::parties::frame;
use crate::support::TOKEN;
use adapters::keys::MemoryKeys;
use bytes::Bytes;
use dsl::check::Text;
use engine::load::compile;
use engine::{Deployment, Gateway, Options, Version, validate};
use link::http::{HttpClient, HttpClientConfig, HttpMessage};
use link::tcp::{Answer, ServiceFn, TcpServer, TcpServerConfig};
use link::{Core, CoreOwner, World};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::{Held, MemoryDisk, MemoryStore, Monotonic, Store};

const CLUB: &str = r#"module club

service look query "查询" {
  ask {
    who  text ..10 chars
  }
  answer {
    name  text ..10 chars
  }
}

service greet posting "问候" {
  ask {
    who  text ..10 chars
  }
  answer {
    name  text ..10 chars
  }
}

service pay posting "缴费" {
  ask {
    reference  text ..32 chars
    who        text ..10 chars
  }
  answer {
  }
}

flow pay on club.pay {
  step paid club.pay {
    pass ask
  }
  answer {
  }
}

flow greet on club.greet {
  step seen club.look {
    pass ask
  }
  answer {
    pass seen
  }
}
"#;

const DESK: &str = r#"party desk "台" {
  charset  ascii
  serial   counter(12)
}

link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     1 connections, many exchanges each
  match    head.serial
  timeout  connect 3s, answer 5s
}

packet grid {
  head  fixed {
    code    digits 4         = message.code
    number  number 9 digits  = message.number
    again   flag "Y" "N"     = either(message.again, no)
    serial  digits 12        = exchange.serial
  }
  body  fixed {
    message fields
  }
}

call log_on {
  request "0001"
  reply "0002"
}

layout range {
  first  number 9 digits  <-> ask.first
  last   number 9 digits  <-> ask.last
}

call ask_again {
  ask {
    first  number ..999_999_999
    last   number ..999_999_999
  }
  request "0003" {
    use range
  }
}

serve asked_again over line {
  ask {
    first  number ..999_999_999
    last   number ..999_999_999
  }
  request "0003" {
    use range
  }
}

call fill {
  ask {
    next  number ..999_999_999
  }
  request "0004" {
    next  number 9 digits  <- ask.next
  }
}

serve filled over line {
  ask {
    next  number ..999_999_999
  }
  request "0004" {
    next  number 9 digits  -> ask.next
  }
}

session day {
  open      log_on at start, connect
  numbered  head.number, kept
  gap       ask_again, filled by fill
  resent    open, marked head.again
}

call look over line provides club.look {
  request "1001" {
    who  text 10 bytes  <- ask.who
  }
  reply "1002" {
    name  text 10 bytes  -> answer.name
  }
}

codes state digits 2 {
  "00"   done
  "01"   refused never_seen
  other  unknown
}

call pay over line provides club.pay {
  once      exchange.serial
  promises  in order
  unknown   enquire with asked every 500ms up to 3 times, then park
  request "3001" {
    who  text 10 bytes  <- ask.who
  }
  reply "3002"
}

call asked over line settles pay {
  request "3003" {
    of  digits 12  = original.serial
  }
  reply "3004" {
    state  code state  = original.outcome
  }
}

serve greet over line runs club.greet {
  once      exchange.serial
  promises  repeats within 24h
  request "2001" {
    who  text 10 bytes  -> ask.who
  }
  reply "2002" {
    given  digits 12      = exchange.answer_serial
    name   text 10 bytes  <- answer.name
  }
}
"#;

/// What the desk does with the next question.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    /// Answers it.
    Answers,
    /// Answers it as if a message before the answer had been lost.
    LosesOne,
    /// Asks for everything from the first message on, as if it had lost it.
    AsksForAll,
    /// Asks something itself first, under this serial, and answers when it has heard.
    Asks(&'static str),
    /// The same; it loses the answer and asks for it again.
    LosesAnswer(&'static str),
    /// The same; the connection ends when the answer has come, and whoever logs on anew hears first that it is lost.
    Closes(&'static str),
    /// Asks for everything when a payment comes. The lease of the journal is over by then, where it says so.
    AsksForPayment { over: bool },
    /// Lets in who logs on, once it has heard what it had lost.
    LetsIn,
}

/// The desk has asked something itself.
struct Asked {
    /// The serial of the question that it answers behind that.
    behind: String,
    does: Does,
}

struct Desk {
    /// Code, number, mark and what it says of each message that came.
    heard: Vec<(String, u64, bool, String)>,
    next: u64,
    does: Does,
    asked: Option<Asked>,
    /// The number of an answer that was lost with its connection.
    lost: Option<u64>,
    /// The lease of the gateway's journal.
    held: Held,
}

impl Desk {
    fn say(&mut self, code: &str, serial: &str, body: &str) -> Answer {
        self.next += 1;
        Answer::Frame(Bytes::from(format!("{code}{:09}N{serial}{body}", self.next - 1)))
    }

    fn answer(&mut self, text: &str) -> Answer {
        let (code, serial, body) = (&text[..4], &text[14..26], &text[26..]);
        let number = text[4..13].parse().expect("a number");
        self.heard.push((code.to_owned(), number, &text[13..14] == "Y", body.to_owned()));
        match code {
            "0001" => match self.lost.take() {
                Some(lost) => {
                    self.asked = Some(Asked { behind: serial.to_owned(), does: Does::LetsIn });
                    self.say("0003", serial, &format!("{lost:09}{lost:09}"))
                }
                None => self.say("0002", serial, ""),
            },
            "0003" => {
                let next = body[9..].parse::<u64>().expect("a number") + 1;
                Answer::Frame(Bytes::from(format!(
                    "0004{:09}Y{serial}{next:09}",
                    body[..9].parse::<u64>().unwrap()
                )))
            }
            "1001" => match std::mem::replace(&mut self.does, Does::Answers) {
                Does::AsksForAll => self.say("0003", serial, "000000001000000000"),
                does @ (Does::Asks(own) | Does::LosesAnswer(own) | Does::Closes(own)) => {
                    self.asked = Some(Asked { behind: serial.to_owned(), does });
                    self.say("2001", own, "x         ")
                }
                does => {
                    self.next += u64::from(does == Does::LosesOne);
                    self.say("1002", serial, &format!("{:<10}", "somebody"))
                }
            },
            "3001" => match std::mem::replace(&mut self.does, Does::Answers) {
                Does::AsksForPayment { over } => {
                    if over {
                        self.held.until(Duration::ZERO);
                        // It is held again before anybody asks what became of the payment.
                        let held = self.held.clone();
                        std::thread::spawn(move || {
                            std::thread::sleep(Duration::from_secs(2));
                            held.until(Duration::from_secs(600));
                        });
                    }
                    self.say("0003", serial, "000000001000000000")
                }
                _ => Answer::Silence,
            },
            // A payment never arrives, and so nothing is known of it.
            "3003" => self.say("3004", serial, "01"),
            "2002" => match self.asked.take() {
                Some(Asked { behind, does: Does::LosesAnswer(own) }) => {
                    self.asked = Some(Asked { behind, does: Does::Answers });
                    self.say("0003", own, &format!("{number:09}{number:09}"))
                }
                Some(Asked { does: Does::Closes(_), .. }) => {
                    self.lost = Some(number);
                    Answer::Close
                }
                Some(Asked { behind, does: Does::LetsIn }) => self.say("0002", &behind, ""),
                Some(Asked { behind, .. }) => self.say("1002", &behind, "somebody  "),
                None => Answer::Silence,
            },
            _ => Answer::Silence,
        }
    }
}

struct Club {
    owner: CoreOwner,
    desk: Arc<Mutex<Desk>>,
    address: String,
    _server: TcpServer,
    disk: MemoryDisk,
    gateway: Option<Gateway>,
}

impl Club {
    async fn open() -> Self {
        let owner = Core::start(World::real());
        let held = Held::new(Monotonic::of_machine());
        held.until(Duration::from_secs(600));
        let desk = Arc::new(Mutex::new(Desk {
            heard: Vec::new(),
            next: 1,
            does: Does::Answers,
            asked: None,
            lost: None,
            held,
        }));
        let held = Arc::clone(&desk);
        let service = ServiceFn(move |_, frame: Bytes| {
            let answer = held.lock().unwrap().answer(std::str::from_utf8(&frame).expect("ASCII"));
            std::future::ready(answer)
        });
        let config = TcpServerConfig::new("127.0.0.1:0", frame());
        let server = TcpServer::start(vec![owner.core()], config, Arc::new(service)).await.expect("listens");
        let address = server.address().to_owned();
        let mut club = Self { owner, desk, address, _server: server, disk: MemoryDisk::new(), gateway: None };
        club.start().await;
        club
    }

    /// Starts the gateway over the same disk.
    async fn start(&mut self) {
        let port = self.address.rsplit(':').next().expect("a port");
        let spool = std::env::temp_dir().join(format!("numbered-{}-{port}", std::process::id()));
        let deployment = format!(
            r"
store: {{ path: memory }}
spool: {}
keys: {{ path: none }}
listeners: {{ channels: '127.0.0.1:0' }}
parties:
  desk: {{ links: {{ line: {{ address: '{}' }} }} }}
channels:
  - {{ name: mobile, token_sha256: {TOKEN}, services: [club.look, club.pay] }}
",
            spool.display(),
            self.address
        );
        let deployment = Deployment::parse(&deployment).expect("a deployment");
        let text = |folder: &str, text: &str| Text {
            folder: folder.into(),
            path: format!("{folder}.tongshi").into(),
            text: text.into(),
        };
        let loaded = compile(vec![text("club", CLUB), text("desk", DESK)], &deployment);
        let loaded = loaded.map_err(|fault| fault.to_string()).expect("adapters that compile");
        assert_eq!(validate(&deployment, &loaded.compiled), Vec::new());
        let version =
            Version::link(loaded.compiled, loaded.hash, loaded.source, &deployment).expect("a version");
        let held = self.desk.lock().unwrap().held.clone();
        let store: Box<dyn Store> = Box::new(Leased(MemoryStore::open(&self.disk), held));
        let keys = Arc::new(MemoryKeys::new());
        let started = Gateway::start(version, deployment, keys, store, World::real(), Options::default());
        self.gateway = Some(started.await.expect("starts"));
    }

    /// Asks, and gives the answer with what the desk has heard since.
    async fn look(&self) -> (Value, Vec<(String, u64, bool, String)>) {
        self.ask("/v1/club.look", json!({ "who": "x" })).await
    }

    async fn ask(&self, path: &str, ask: Value) -> (Value, Vec<(String, u64, bool, String)>) {
        let gateway = self.gateway.as_ref().expect("a gateway");
        let client = HttpClient::new(&self.owner.core(), HttpClientConfig::new(gateway.channels()));
        let message = HttpMessage {
            headers: vec![("authorization".into(), Bytes::from_static(b"Bearer secret"))],
            ..HttpMessage::post(path, Bytes::from(ask.to_string()))
        };
        let until = self.owner.mark().after(Duration::from_secs(30));
        let reply = client.exchange(&message, until).await.reply().expect("an answer");
        let heard = std::mem::take(&mut self.desk.lock().unwrap().heard);
        (serde_json::from_slice(&reply.content).unwrap_or(Value::Null), heard)
    }

    fn next_time(&self, does: Does) {
        self.desk.lock().unwrap().does = does;
    }
}

/// Code, number and mark of what was heard.
fn marks(heard: &[(String, u64, bool, String)]) -> Vec<(&str, u64, bool)> {
    heard.iter().map(|(code, number, again, _)| (&**code, *number, *again)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_go_on_over_a_restart() {
    let mut club = Club::open().await;
    let (answer, heard) = club.look().await;
    assert_eq!(answer["answer"]["name"], "somebody", "{answer}");
    assert_eq!(marks(&heard), [("0001", 1, false), ("1001", 2, false)]);
    club.gateway = None;
    club.start().await;
    let (answer, heard) = club.look().await;
    assert_eq!(answer["answer"]["name"], "somebody", "{answer}");
    assert_eq!(marks(&heard), [("0001", 3, false), ("1001", 4, false)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_asked_for_and_what_came_early_waits_for_it() {
    let club = Club::open().await;
    club.next_time(Does::LosesOne);
    let (answer, heard) = club.look().await;
    assert_eq!(answer["answer"]["name"], "somebody", "{answer}");
    assert_eq!(marks(&heard), [("0001", 1, false), ("1001", 2, false), ("0003", 3, false)]);
    assert_eq!(heard[2].3, "000000002000000002");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_is_asked_for_only_what_waits_is_sent_again() {
    let club = Club::open().await;
    club.look().await;
    club.next_time(Does::AsksForAll);
    let (answer, heard) = club.look().await;
    assert_eq!(answer["answer"]["name"], "somebody", "{answer}");
    // The log-on and the first question have ended: one message stands for both.
    assert_eq!(marks(&heard), [("1001", 3, false), ("0004", 1, true), ("1001", 3, true)]);
    assert_eq!(heard[1].3, "000000003");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_desk_asks_is_answered_while_its_flow_uses_the_same_line() {
    let club = Club::open().await;
    club.next_time(Does::Asks("900000000001"));
    let (answer, heard) = club.look().await;
    assert_eq!(answer["answer"]["name"], "somebody", "{answer}");
    let expected = [("0001", 1, false), ("1001", 2, false), ("1001", 3, false), ("2002", 4, false)];
    assert_eq!(marks(&heard), expected);
    assert_eq!(&heard[3].3[12..], "somebody  ");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_is_sent_again_while_its_asker_waits() {
    let club = Club::open().await;
    club.next_time(Does::LosesAnswer("900000000001"));
    let (answer, heard) = club.look().await;
    assert_eq!(answer["answer"]["name"], "somebody", "{answer}");
    assert_eq!(marks(&heard[3..]), [("2002", 4, false), ("2002", 4, true)]);
    assert_eq!(heard[3].3, heard[4].3, "the same answer, with the same serial");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_a_new_connection_an_answer_is_sent_again_and_over_a_restart_it_is_filled() {
    let mut club = Club::open().await;
    club.next_time(Does::Closes("900000000001"));
    let (_, first) = club.look().await;
    let answers: Vec<_> = first.iter().filter(|(code, ..)| code == "2002").collect();
    let [answered, again] = answers[..] else { panic!("{first:?}") };
    assert_eq!((again.1, again.2, &again.3), (answered.1, true, &answered.3));
    let (answer, _) = club.look().await;
    assert_eq!(answer["answer"]["name"], "somebody", "{answer}");
    club.gateway = None;
    club.start().await;
    club.next_time(Does::AsksForAll);
    let (_, heard) = club.look().await;
    assert!(heard.iter().all(|(code, ..)| code != "2002"), "{heard:?}");
    // Who asks again hears what was answered, under the next number.
    club.next_time(Does::Asks("900000000001"));
    let (_, heard) = club.look().await;
    let repeated = heard.iter().find(|(code, ..)| code == "2002").expect("the answer once more");
    assert_eq!((repeated.2, &repeated.3), (false, &answered.3));
    assert!(repeated.1 > answered.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_behind_the_last_copy_proves_that_it_was_not_taken() {
    let club = Club::open().await;
    let (answer, heard) = club.ask("/v1/club.pay", json!({ "reference": "P-1", "who": "x" })).await;
    // The copy that was not answered, and the question, whose number is higher: no other time has to go by.
    assert_eq!(marks(&heard), [("0001", 1, false), ("3001", 2, false), ("3003", 3, false)]);
    assert_eq!(answer["reason"], "never_seen", "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_payment_is_sent_again_by_leave_of_the_journals_holder_alone() {
    for over in [false, true] {
        let club = Club::open().await;
        club.next_time(Does::AsksForPayment { over });
        let (answer, heard) = club.ask("/v1/club.pay", json!({ "reference": "P-1", "who": "x" })).await;
        let copies = heard.iter().filter(|(code, _, again, _)| code == "3001" && *again).count();
        assert_eq!(copies, usize::from(!over), "{heard:?} {answer}");
    }
}
