//! cp935 and cp1388 against the `iconv` program of glibc, which needs to be there where `CI` is set: every code, every character,
//! texts in which runs change.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where something is not as it should be")]

use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

use adapters::charset::{Charset, decode, encode};

const SETS: [(Charset, &str); 2] = [(Charset::Cp935, "IBM935"), (Charset::Cp1388, "IBM1388")];

fn has_iconv() -> bool {
    let listed = Command::new("iconv").arg("-l").output();
    let found = listed.is_ok_and(|output| {
        let names = String::from_utf8_lossy(&output.stdout).into_owned();
        SETS.iter().all(|(_, name)| names.contains(name))
    });
    assert!(found || std::env::var_os("CI").is_none(), "the iconv program of glibc is needed here");
    if !found {
        eprintln!("skipped: no iconv program that knows IBM935 and IBM1388");
    }
    found
}

/// What iconv makes of octets; what is no code or has none it leaves out.
fn iconv(from: &str, to: &str, octets: Vec<u8>) -> Vec<u8> {
    let mut child = Command::new("iconv")
        .args(["-c", "-f", from, "-t", to])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = thread::spawn(move || input.write_all(&octets).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output.stdout
}

#[test]
fn every_code_is_read_alike() {
    if !has_iconv() {
        return;
    }
    for (charset, name) in SETS {
        // iconv leaves out what is no code, so that what remains must be what we read of each code alone.
        let is_shift = |byte: &u8| matches!(byte, 0x0E | 0x0F);
        let single: Vec<u8> = (0..=u8::MAX).filter(|byte| !is_shift(byte)).collect();
        let double: Vec<[u8; 2]> =
            (0..=u16::MAX).map(u16::to_be_bytes).filter(|code| !is_shift(&code[0])).collect();
        let all = [&single[..], b"\x0E", &double.concat(), b"\x0F"].concat();
        let mut ours = String::new();
        let mut read = 0;
        let single = single.iter().map(|byte| vec![*byte]);
        for octets in single.chain(double.iter().map(|code| [b"\x0E", &code[..], b"\x0F"].concat())) {
            if let Ok(text) = decode(charset, &octets) {
                ours.push_str(&text);
                read += 1;
            }
        }
        assert!(read > 9_000, "{name} {read}");
        assert_eq!(String::from_utf8(iconv(name, "UTF-8", all)).unwrap(), ours, "{name}");
    }
}

#[test]
fn every_character_is_written_alike() {
    if !has_iconv() {
        return;
    }
    for (charset, name) in SETS {
        // iconv writes some of Latin 1 as 3F, and three characters as the codes of others: we refuse to.
        let disputed = |character: char| match charset {
            Charset::Cp935 => matches!(character, '\u{B7}' | '\u{2014}'),
            _ => character == '\u{30FB}',
        };
        let lacks = |character: char| encode(charset, &character.to_string()).is_err();
        let mut all = String::new();
        for character in '\0'..=char::MAX {
            if disputed(character) || (character <= '\u{FF}' && lacks(character)) {
                assert!(lacks(character), "{character:?}");
                let octets = iconv("UTF-8", name, character.to_string().into_bytes());
                assert_ne!(
                    decode(charset, &octets).ok().as_deref(),
                    Some(&*character.to_string()),
                    "{character:?}"
                );
            } else {
                all.push(character);
            }
        }
        let ours: String = all.chars().filter(|character| !lacks(*character)).collect();
        assert_eq!(
            iconv("UTF-8", name, all.into_bytes()),
            encode(charset, &ours).unwrap().as_ref(),
            "{name}"
        );
    }
}

#[test]
fn shifts_are_written_alike() {
    if !has_iconv() {
        return;
    }
    let pieces = ["中国农业", "A1 ", "银行", "　", "0.00-", "，", "x", "东莞"];
    for (charset, name) in SETS {
        for number in 0..64_usize {
            let text: String =
                (0..6).map(|place| pieces[(number * 7 + place * (number % 5 + 1)) % 8]).collect();
            let octets = iconv("UTF-8", name, text.clone().into_bytes());
            assert_eq!(encode(charset, &text).unwrap().as_ref(), octets, "{text}");
            assert_eq!(decode(charset, &octets).unwrap(), text);
        }
    }
}
