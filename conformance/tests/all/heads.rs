//! ISO 8583 with what stands in front of it, by adapters alone: the 46 octets of a card network, a terminal's TPDU, a
//! head in EBCDIC; each with its frame, against packets of another implementation (pyiso8583).

use crate::help::root;
use conformance::framing::{framed, unframed};
use conformance::given::Given;
use conformance::inspect::{Inspected, encode, look};
use conformance::party::load;
use conformance::scene::{Adapter, Parts};
use dsl::check::Text;
use dsl::program::Part;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The fields of a sale, as text behind its type; `LL` stands for a length of two figures.
const SALE: &[(&str, &str)] = &[
    ("2", "pan digits ..19 LL"),
    ("3", "kind digits 6"),
    ("4", "amount money 12 digits fen"),
    ("7", "sent digits 10"),
    ("11", "trace digits 6"),
    ("12", "time digits 6"),
    ("13", "day digits 4"),
    ("14", "expires digits 4"),
    ("18", "merchant_kind digits 4"),
    ("22", "entry digits 3"),
    ("25", "condition digits 2"),
    ("26", "pin_kind digits 2"),
    ("32", "acquirer digits ..11 LL"),
    ("33", "forwarder digits ..11 LL"),
    ("37", "reference ascii 12 bytes"),
    ("41", "terminal ascii 8 bytes"),
    ("42", "merchant ascii 15 bytes"),
    ("49", "currency ascii 3 bytes"),
    ("52", "pin bytes 8"),
    ("53", "control digits 16"),
    ("60", "own ascii ..100 bytes LLL"),
    ("70", "network digits 3"),
    ("128", "mac bytes 8"),
];

/// An adapter of one call whose request is a sale behind a head.
fn adapter(frame: &str, head: &str, form: &str, lengths: (&str, &str), charset: &str) -> Adapter {
    let mut fields = String::new();
    for (bit, rest) in SALE {
        let (bit, mut rest) = ((*bit).to_owned(), (*rest).to_owned());
        // Figures of an odd width take whole octets in BCD.
        if form.starts_with("bcd") {
            rest = rest.replace("digits 3", "digits 4");
        }
        let rest = match rest.strip_suffix(" LLL") {
            Some(rest) => format!("{rest} prefix {}", lengths.1),
            None => match rest.strip_suffix(" LL") {
                Some(rest) => format!("{rest} prefix {}", lengths.0),
                None => rest,
            },
        };
        fields.push_str(&format!("      {rest} bit {bit} optional\n"));
    }
    let text = format!(
        "party switch \"卡\" {{\n  charset  {charset}\n  serial   counter(6)\n}}\n\nlink line tcp accept {{\n  carries  \
         packets\n  frame    {frame}\n  timeout  answer 10s\n}}\n\npacket packets {{\n{head}  message \
         fields\n}}\n\nserve sale {{\n  once     data.trace\n  request \"0200\" {{\n    data  iso8583 {form} {{\n      mti  digits 4\n{fields}    \
         }}\n  }}\n}}\n"
    );
    let text = Text { folder: "switch".into(), path: "switch/party.tongshi".into(), text: text.into() };
    load(vec![text], "switch", &BTreeMap::new()).unwrap_or_else(|error| panic!("{error}")).bank
}

fn vector(name: &str) -> Value {
    let path = root().join("adapters/tests/vectors/iso8583").join(format!("{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn octets(vector: &Value, name: &str) -> Vec<u8> {
    dsl::evaluate::coded::from_hex(vector[name].as_str().unwrap().as_bytes()).unwrap()
}

fn read(adapter: &Adapter, payload: &[u8]) -> Option<Inspected> {
    let given = Map::new();
    let scene = |call| Given { adapter, call, folder: &root() }.scene(&given);
    look(adapter, 0, &Parts::content(payload.to_vec()), &|_| true, &scene).unwrap().inspected
}

/// Reads a packet off its frame, compares what stands in it, and writes it again.
fn there_and_back(adapter: &Adapter, whole: &[u8], expected: &Map<String, Value>) -> Map<String, Value> {
    let frame = &adapter.module.links[0].link.frame;
    let payload = unframed(frame, whole).unwrap();
    let seen = read(adapter, &payload).unwrap();
    assert!(seen.fault.is_none(), "{:?}", seen.fault);
    assert_eq!(seen.wrong(), 0, "{:?}", seen.judged);
    let tree = seen.tree(adapter);
    let mut compared = 0;
    for (bit, text) in expected {
        let Some((_, rest)) = SALE.iter().find(|(known, _)| known == bit) else { continue };
        let name = rest.split(' ').next().unwrap();
        let found = &tree["data"][name];
        let found = match found {
            Value::String(found) => found.clone(),
            Value::Number(fen) => format!("{:012}", fen.as_u64().unwrap()),
            other => panic!("{name}: {other}"),
        };
        assert_eq!(found.to_uppercase(), text.as_str().unwrap().trim_end().to_uppercase(), "{name}");
        compared += 1;
    }
    assert_eq!(compared, expected.keys().filter(|key| key.parse().is_ok_and(|bit: u16| bit > 1)).count());
    let given = Map::new();
    let mut scene = Given { adapter, call: seen.name.call, folder: &root() }.scene(&given).unwrap();
    let written = encode(&mut scene, &seen.name, &tree, false).unwrap();
    let again = framed(frame, written.parts.get(Part::Content)).unwrap();
    assert_eq!(hex(&again), hex(whole));
    // What the head computes need not be named.
    let data: Map<String, Value> = [("data".to_owned(), tree["data"].clone())].into_iter().collect();
    let written = encode(&mut scene, &seen.name, &data, false).unwrap();
    assert_eq!(hex(&framed(frame, written.parts.get(Part::Content)).unwrap()), hex(whole));
    for length in 0..payload.len() {
        let cut = read(adapter, &payload[..length]);
        assert!(cut.is_none_or(|seen| seen.fault.is_some()), "cut at {length}");
    }
    tree
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02X}")).collect()
}

#[test]
fn the_head_of_a_card_network_stands_before_its_message() {
    let head = "  head  fixed {
    size     number 1 bytes big_endian  = 46
    version  bytes 1                    = from_hex(\"02\")
    total    number 4 digits            = 46 + length(data)
    to       ascii 11 bytes             = \"00010000\"
    from     ascii 11 bytes             = \"14026020\"
    spare    bytes 3                    = nul(3)
    batch    number 1 bytes big_endian  = 0
    kind     digits 8                   = \"00000000\"
    user     bytes 1                    = nul(1)
    reject   digits 5                   = \"00000\"
  }
";
    let adapter = adapter("length 4 digits", head, "ascii, bitmap binary", ("2 digits", "3 digits"), "ascii");
    let vector = vector("cups_46_byte_header");
    let sale = self::vector("sale_0200_ascii");
    let tree = there_and_back(&adapter, &octets(&vector, "hex"), sale["message"].as_object().unwrap());
    let mut at = 0;
    for field in vector["header_fields"].as_array().unwrap() {
        assert_eq!(field[1].as_u64(), Some(at), "{field}");
        at += field[2].as_u64().unwrap();
    }
    assert_eq!(at, 46);
    assert_eq!(tree["head"]["total"], Value::from(251));
    assert_eq!(tree["head"]["reject"], Value::from("00000"));
    let frame = &adapter.module.links[0].link.frame;
    let beat = octets(&vector["keep_alive"], "hex");
    assert!(unframed(frame, &beat).unwrap().is_empty(), "a beat is an empty frame");
    assert_eq!(framed(frame, b"").unwrap(), beat);
}

#[test]
fn a_terminal_sends_its_tpdu_first() {
    let head = "  tpdu  fixed {
    protocol  bytes 1  = from_hex(\"60\")
    to        bytes 2  = from_hex(\"0003\")
    from      bytes 2  = from_hex(\"0000\")
    packet    bytes 6  = from_hex(\"603100311021\")
  }
";
    let adapter =
        adapter("length 2 bytes big_endian", head, "bcd, bitmap binary", ("1 bytes", "2 bytes"), "ascii");
    let vector = vector("pos_tpdu_2_byte_length");
    let sale = self::vector("sale_0200_bcd");
    let tree = there_and_back(&adapter, &octets(&vector, "hex"), sale["message"].as_object().unwrap());
    let head: String = ["protocol", "to", "from"]
        .iter()
        .map(|name| tree["tpdu"][name].as_str().unwrap().to_uppercase())
        .collect();
    assert_eq!(head, vector["tpdu"].as_str().unwrap());
    assert_eq!(tree["tpdu"]["packet"], vector["packet_header"]);
}

#[test]
fn a_head_in_ebcdic_stands_before_a_message_in_ebcdic() {
    let head = "  head  fixed {
    name  text 12 bytes  = \"ISO026000050\"
  }
";
    let adapter = adapter("fixed 61 bytes", head, "ebcdic, bitmap binary", ("2 digits", "3 digits"), "cp500");
    let vector = vector("echo_0820_ebcdic_hdr");
    let tree = there_and_back(&adapter, &octets(&vector, "hex"), vector["message"].as_object().unwrap());
    assert_eq!(tree["head"]["name"], vector["message"]["h"]);
    assert_eq!(tree["data"]["mti"], Value::from("0820"));
}

#[test]
fn a_length_stands_on_a_line_of_its_own() {
    for (words, end, whole) in
        [("length line crlf", "\r\n", "3"), ("length line lf counts itself", "\n", "5")]
    {
        let adapter = adapter(words, "", "ascii, bitmap binary", ("2", "3"), "ascii");
        let frame = &adapter.module.links[0].link.frame;
        let expected = format!("{whole}{end}a\r\n");
        assert_eq!(framed(frame, b"a\r\n").unwrap(), expected.as_bytes());
        assert_eq!(unframed(frame, expected.as_bytes()).unwrap(), b"a\r\n".as_slice());
    }
}
