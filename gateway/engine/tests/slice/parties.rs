//! A core host and a power company, written out by offsets, so that they share nothing with the codec.

use adapters::seal::{Algorithm, KeyKind, Mac, Position, PreparedKey, check_value, encrypt, mac};
use bytes::Bytes;
use link::Core;
use link::frame::{Frame, FrameConfig, LengthCode, LengthField};
use link::tcp::{Answer, ServiceFn, TcpServer, TcpServerConfig};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The key under which work keys are handed out.
pub(crate) const MMK: [u8; 16] =
    [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10];
/// The work key that the power company hands out.
const MAK: [u8; 16] =
    [0x11, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x19];

/// What a party does with its next posting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    /// Books it and says nothing.
    BooksSilently,
    /// Neither books nor answers.
    Drops,
    /// Refuses it as paid already and says nothing.
    RefusesSilently,
    /// Refuses with this code.
    Refuses(&'static str),
    /// Books it, and answers only that it is a duplicate.
    BooksAsDuplicate,
    /// Books it, answers with a wrong seal.
    WrongSeal,
}

/// A ledger by serial: whether it holds, and the amount in fen.
#[derive(Default)]
pub(crate) struct Ledger {
    /// By serial: amount in fen, holds.
    pub(crate) booked: BTreeMap<String, (i64, bool)>,
    /// What was refused as paid already, by serial.
    pub(crate) refused: Vec<String>,
    /// Reversals that came.
    pub(crate) reversed: Vec<String>,
    /// What comes next.
    pub(crate) plan: VecDeque<Does>,
    /// What comes next of reversals; of the core, of credits.
    pub(crate) plan_back: VecDeque<Does>,
    /// Questions about payments are not answered.
    pub(crate) deaf_enquiries: bool,
    /// Nobody is answered.
    pub(crate) silent: bool,
    /// How long the answer to a sign-in is on its way.
    pub(crate) late_sign_in: Duration,
    /// Serials under which payments and reversals came that were not looked at.
    pub(crate) spent: Vec<String>,
    /// How long an answer is on its way.
    pub(crate) late: Duration,
    /// Every message that came, by code.
    pub(crate) heard: Vec<String>,
}

impl Ledger {
    /// How often a code was heard.
    pub(crate) fn times(&self, code: &str) -> usize {
        self.heard.iter().filter(|heard| *heard == code).count()
    }

    /// Sum of what holds, in fen.
    pub(crate) fn holds(&self) -> i64 {
        self.booked.values().filter(|(_, holds)| *holds).map(|(amount, _)| amount).sum()
    }
}

/// A party that is played.
pub(crate) struct Played {
    pub(crate) ledger: Arc<Mutex<Ledger>>,
    pub(crate) address: String,
    _server: TcpServer,
}

pub(crate) fn frame() -> FrameConfig {
    let field = LengthField { code: LengthCode::Digits, size: 4 };
    FrameConfig::new(Frame::Prefix { field, counts_itself: false }, 9_999)
}

async fn play(core: &Core, answer: impl Fn(&mut Ledger, &str) -> Answer + Send + Sync + 'static) -> Played {
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let (held, answer) = (Arc::clone(&ledger), Arc::new(answer));
    let service = ServiceFn(move |_, frame: Bytes| {
        let (held, answer) = (Arc::clone(&held), Arc::clone(&answer));
        async move {
            let text = String::from_utf8(frame.to_vec()).expect("ASCII");
            let (answer, late) = {
                let mut ledger = held.lock().expect("no panic before");
                let late =
                    if &text[..4] == "0001" { ledger.late.max(ledger.late_sign_in) } else { ledger.late };
                match (answer(&mut ledger, &text), ledger.silent) {
                    (_, true) => (Answer::Silence, Duration::ZERO),
                    (answer, false) => (answer, late),
                }
            };
            tokio::time::sleep(late).await;
            answer
        }
    });
    let config = TcpServerConfig::new("127.0.0.1:0", frame());
    let server = TcpServer::start(vec![core.clone()], config, Arc::new(service)).await.expect("listens");
    let address = server.address().to_owned();
    Played { ledger, address, _server: server }
}

/// The core: `code(4) serial(12) peer(12) ret(4) body`.
pub(crate) async fn host(core: &Core) -> Played {
    play(core, |ledger, text| {
        let (code, serial, body) = (&text[..4], text[4..16].to_owned(), &text[32..]);
        ledger.heard.push(code.to_owned());
        let reply = |code: &str, ret: &str, body: &str| {
            Answer::Frame(Bytes::from(format!("{code}{serial}{:<12}{ret}{body}", "H00000000001")))
        };
        match code {
            "1001" => {
                let does = ledger.plan.pop_front();
                if let Some(Does::Refuses(ret)) = does {
                    return reply("1002", ret, "");
                }
                if does != Some(Does::Drops) {
                    let amount = body[32..44].parse().expect("an amount");
                    ledger.booked.entry(serial.clone()).or_insert((amount, true));
                }
                match does {
                    Some(Does::BooksAsDuplicate) => reply("1002", "2003", ""),
                    Some(_) => Answer::Silence,
                    None => reply("1002", "0000", ""),
                }
            }
            "1003" => {
                ledger.reversed.push(body[..12].to_owned());
                if let Some(Does::Refuses(ret)) = ledger.plan.pop_front() {
                    return reply("1004", ret, "");
                }
                if let Some((_, holds)) = ledger.booked.get_mut(&body[..12]) {
                    *holds = false;
                    return reply("1004", "0000", "");
                }
                reply("1004", "2001", "")
            }
            "1007" => {
                if let Some(Does::Refuses(ret)) = ledger.plan_back.pop_front() {
                    return reply("1008", ret, "");
                }
                let amount: i64 = body[32..44].parse().expect("an amount");
                ledger.booked.entry(serial.clone()).or_insert((-amount, true));
                reply("1008", "0000", "")
            }
            "1005" => {
                let state = match ledger.booked.get(&body[..12]) {
                    Some((_, true)) => "00",
                    Some((_, false)) => "02",
                    None => "01",
                };
                reply("1006", "0000", state)
            }
            _ => reply("9999", "9001", ""),
        }
    })
    .await
}

pub(crate) fn seal(text: &str) -> String {
    let Some(Algorithm::Mac(kind)) = Algorithm::from_name(Position::Mac, "x9_19") else { panic!("no x9_19") };
    let _: Mac = kind;
    let key = PreparedKey::symmetric(KeyKind::Tdes, &MAK).expect("a key");
    let made = mac(kind, &key, text.as_bytes()).expect("a seal");
    format!("{text}{}", hex(&made))
}

/// A text with the first four octets of its seal behind it.
pub(crate) fn short_seal(key: &[u8; 16], text: &str) -> String {
    let Some(Algorithm::Mac(kind)) = Algorithm::from_name(Position::Mac, "x9_19") else { panic!("no x9_19") };
    let key = PreparedKey::symmetric(KeyKind::Tdes, key).expect("a key");
    let made = mac(kind, &key, text.as_bytes()).expect("a seal");
    format!("{text}{}", hex(&made[..4]))
}

/// A work key that came under the master key.
pub(crate) fn opened(figures: &str) -> [u8; 16] {
    let octets = dsl::evaluate::coded::from_hex(figures.as_bytes()).expect("hex");
    let key = PreparedKey::symmetric(KeyKind::Tdes, &MMK).expect("a key");
    let algorithm = Algorithm::from_name(Position::Cipher, "tdes_ecb").expect("known");
    let plain =
        adapters::seal::decrypt(algorithm, &key, None, &octets, &mut |_: &mut [u8]| {}).expect("a key");
    plain.try_into().expect("16 octets")
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02X}")).collect()
}

/// The power company: `code(4) serial(12) ret(4) body mac(16)`.
pub(crate) async fn grid(core: &Core) -> Played {
    let signed = Arc::new(Mutex::new(false));
    play(core, move |ledger, text| {
        let (code, serial) = (&text[..4], text[4..16].to_owned());
        ledger.heard.push(code.to_owned());
        let reply = |code: &str, ret: &str, body: &str| {
            Answer::Frame(Bytes::from(seal(&format!("{code}{serial}{ret}{body}"))))
        };
        if code == "0001" {
            *signed.lock().expect("no panic before") = true;
            let mmk = PreparedKey::symmetric(KeyKind::Tdes, &MMK).expect("a key");
            let algorithm = Algorithm::from_name(Position::Cipher, "tdes_ecb").expect("known");
            let random = &mut |_: &mut [u8]| {};
            let mak = encrypt(algorithm, &mmk, None, &MAK, random).expect("a cipher");
            let kcv = check_value(4, &PreparedKey::symmetric(KeyKind::Tdes, &MAK).expect("a key"))
                .expect("a value");
            let body = format!("0002{serial}0000{}{}0000000000000000", hex(&mak), hex(&kcv));
            return Answer::Frame(Bytes::from(body));
        }
        if !*signed.lock().expect("no panic before") {
            return reply("1004", "9003", "");
        }
        let (covered, body) = (&text[..text.len() - 16], &text[20..text.len() - 16]);
        if seal(covered) != text {
            return reply("1004", "9001", "");
        }
        match code {
            "0011" => reply("0012", "0000", "T00017"),
            "1001" if !body.ends_with("T00017") => reply("1002", "9001", ""),
            "1001" if body.starts_with("bad") => reply("9000", "0000", ""),
            "1001" if body.starts_with("unknown") => reply("1002", "1002", ""),
            "1001" if body.starts_with("never") => Answer::Silence,
            "1001" if body.starts_with("slow") && ledger.times("1001") < 3 => Answer::Silence,
            "1001" => reply("1002", "0000", "00000001234502202609000000010000202610000000002345"),
            "1003" => {
                let does = ledger.plan.pop_front();
                match does {
                    _ if ledger.spent.contains(&serial) => return reply("1004", "9003", ""),
                    Some(Does::Refuses("9003")) => {
                        *signed.lock().expect("no panic before") = false;
                        ledger.spent.push(serial.clone());
                        return reply("1004", "9003", "");
                    }
                    Some(Does::Refuses(ret)) => return reply("1004", ret, ""),
                    Some(Does::Drops) => return Answer::Silence,
                    Some(Does::RefusesSilently) => {
                        ledger.refused.push(serial);
                        return Answer::Silence;
                    }
                    _ => {}
                }
                let amount = body[20..32].parse().expect("an amount");
                ledger.booked.entry(serial.clone()).or_insert((amount, true));
                let answer = format!("1004{serial}0000{:<20}{}", "R0001", &body[20..32]);
                match does {
                    Some(Does::BooksSilently) => Answer::Silence,
                    Some(Does::WrongSeal) => Answer::Frame(Bytes::from(format!("{answer}0123456789ABCDEF"))),
                    _ => Answer::Frame(Bytes::from(seal(&answer))),
                }
            }
            "1005" if ledger.spent.contains(&serial) => reply("1006", "9003", ""),
            "1005" if matches!(ledger.plan_back.front(), Some(Does::Drops)) => {
                ledger.plan_back.pop_front();
                Answer::Silence
            }
            "1005" if ledger.plan_back.pop_front().is_some() => {
                *signed.lock().expect("no panic before") = false;
                ledger.spent.push(serial.clone());
                reply("1006", "9003", "")
            }
            "1005" => {
                ledger.reversed.push(body[..12].to_owned());
                match ledger.booked.get_mut(&body[..12]) {
                    Some((_, holds)) => {
                        *holds = false;
                        reply("1006", "0000", &body[..12])
                    }
                    None => reply("1006", "2001", ""),
                }
            }
            "1009" => {
                let amount: i64 = body[12..24].parse().expect("an amount");
                match ledger.booked.get_mut(&body[..12]) {
                    Some((booked, holds)) if *holds && *booked == amount => {
                        *holds = false;
                        reply("1010", "0000", &format!("{:<20}", "B0001"))
                    }
                    _ => reply("1010", "2001", ""),
                }
            }
            "1011" => Answer::Silence,
            "1007" if ledger.deaf_enquiries => Answer::Silence,
            "1007" if ledger.refused.contains(&body[..12].to_owned()) => {
                reply("1008", "0000", &format!("03{:<20}", ""))
            }
            "1007" => match ledger.booked.get(&body[..12]) {
                Some((_, true)) => reply("1008", "0000", &format!("00{:<20}", "R0001")),
                Some((_, false)) => reply("1008", "0000", &format!("02{:<20}", "")),
                None => reply("1008", "0000", &format!("01{:<20}", "")),
            },
            _ => reply("9999", "9001", ""),
        }
    })
    .await
}
