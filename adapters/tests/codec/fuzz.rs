//! Random work on the codecs, in a form that runs on the stable compiler and in every test run: a target for each format
//! of `corpus/`, and one for files by line.
//!
//! In: the kept octets of a format and mutations of them, drawn from a fixed seed. Out: nothing, or the octets that made
//! a codec panic, say that its own program is broken, read otherwise when seals or pieces stop it, or read what it cannot
//! write again. A short run is bounded by a number of messages; `TONGSHI_FUZZ_SECONDS=3600 cargo test -p adapters
//! --release --test codec fuzz::` runs each target that long from the clock's seed, and keeps what fails as
//! `corpus/FORMAT/found-….bin`.

use adapters::codec::{Fault, FaultKind, FileReader, LineEvent};
use adapters::value::Record;
use dsl::program::{MessageProgram, Part, Program};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::formats::{self, Format, format, formats, world};
use crate::world::{message, read, write};

/// Messages of a short run.
const SHORT: usize = 3_000;
/// Longest message that is made.
const LONGEST: usize = 8_192;
/// What stands where something else stood, or between.
const PIECES: &[&[u8]] = &[
    b"\0",
    b"\x01",
    b"\x7F",
    b"\x80",
    b"\x81",
    b"\xFE",
    b"\xFF",
    b"\xFF\xFF\xFF\xFF",
    b"\x84\xFF\xFF\xFF\xFF",
    b"0",
    b"9",
    b"-",
    b"+",
    b".",
    b"e9",
    b"00000000",
    b"99999999",
    b"9999999999999999999999999999999999999999",
    b" ",
    b"\t",
    b"\r\n",
    b"\n",
    b"|",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\uD800",
    b"\\uD800\\uDC00",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"null",
    b"\\F\\",
    b"\\X0D\\",
    b"~",
    b"^",
    b"\r",
    b"35=",
    b"true",
    b"[[[[[[[[[[[[[[[[",
    b"{\"a\":{\"a\":{\"a\":",
    b"<",
    b">",
    b"</",
    b"/>",
    b"<!--",
    b"-->",
    b"<![CDATA[",
    b"]]>",
    b"<!DOCTYPE a>",
    b"<?xml?>",
    b"&lt;",
    b"&#x110000;",
    b"&#0;",
    b"&",
    b"=",
    b"%",
    b"%00",
    b"%E5%BC%A0",
    b"\xD5\xC5",
    b"\xD5",
    b"\xEF\xBB\xBF",
    b"\xE5\xBC\xA0",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"../",
    b"=====",
];

/// A small generator, so that a run is the same everywhere (xorshift64*).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % (end.max(1) as u64)).unwrap()
    }
}

/// Another sign of the same kind.
fn alike(dice: &mut Dice, octet: u8) -> u8 {
    let from = match octet {
        b'0'..=b'9' => b'0',
        b'a'..=b'z' => b'a',
        b'A'..=b'Z' => b'A',
        other => return other.wrapping_add(1),
    };
    from + u8::try_from(dice.below(10)).unwrap()
}

/// A kept message changed in a few places, or joined with a part of another.
fn mutated(dice: &mut Dice, kept: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut octets = kept[dice.below(kept.len())].1.clone();
    // Half of them are changed once, so that some have their form all the same.
    let changes = if dice.below(2) == 0 { 1 } else { 1 + dice.below(5) };
    for _ in 0..changes {
        let at = dice.below(octets.len() + 1);
        let until = (at + 1 + dice.below(16)).min(octets.len());
        let piece = PIECES[dice.below(PIECES.len())];
        match dice.below(10) {
            0 => drop(octets.drain(at..until)),
            1 => drop(octets.splice(at..at, piece.iter().copied())),
            2 => drop(octets.splice(at..until, piece.iter().copied())),
            3 => {
                let again = octets[at..until].to_vec();
                let times = dice.below(40);
                drop(octets.splice(until..until, again.iter().copied().cycle().take(again.len() * times)));
            }
            4 => {
                let other = &kept[dice.below(kept.len())].1;
                let from = dice.below(other.len() + 1);
                let to = (from + dice.below(60)).min(other.len());
                drop(octets.splice(at..at, other[from..to].iter().copied()));
            }
            5 => octets.truncate(at),
            6 | 7 if at < octets.len() => octets[at] = alike(dice, octets[at]),
            8 if at < octets.len() => octets[at] ^= 1 << dice.below(8),
            _ if at < octets.len() => octets[at] = u8::try_from(dice.below(256)).unwrap(),
            _ => {}
        }
        octets.truncate(LONGEST);
    }
    octets
}

/// What is wrong with what a codec makes of octets.
fn wrong(format: &Format, octets: &[u8]) -> Option<String> {
    let looked =
        catch_unwind(AssertUnwindSafe(|| match FileReader::new(programs(format).0, programs(format).1) {
            Some(_) => wrong_lines(format, octets),
            None => wrong_message(format, octets),
        }));
    looked.unwrap_or_else(|_| Some("a panic".to_owned()))
}

fn programs(format: &Format) -> (&Program, &MessageProgram) {
    message(&format.compiled, 0)
}

fn wrong_message(format: &Format, octets: &[u8]) -> Option<String> {
    let programs = programs(format);
    let mut world = world(&format.compiled);
    let once = read(programs, octets, &mut world, false);
    let stopped = read(programs, octets, &mut world, true);
    match (once, stopped) {
        (Err(fault), Err(stopped)) if fault == stopped => {
            (fault.kind == FaultKind::Program).then(|| format!("{fault:?}"))
        }
        (Ok(record), Ok(_)) => wrong_again(format, record),
        (once, stopped) => {
            Some(format!("where every seal stops it: {:?}, else {:?}", stopped.err(), once.err()))
        }
    }
}

/// What was read is written; that is read, and written to the same octets.
fn wrong_again(format: &Format, record: Record) -> Option<String> {
    let programs = programs(format);
    let mut world = world(&format.compiled);
    let first = match write(programs, record, &mut world, false) {
        Ok(mut written) => written.take(Part::Content),
        Err(fault) if format.tolerates_unreadable && fault.kind == FaultKind::Missing => return None,
        Err(fault) => return Some(format!("what was read cannot be written: {fault:?}")),
    };
    let record = match read(programs, &first, &mut world, false) {
        Ok(record) => record,
        Err(fault) => {
            return Some(format!("what was written cannot be read: {fault:?} in {}", shown(&first)));
        }
    };
    match write(programs, record, &mut world, false) {
        Ok(mut written) => {
            let second = written.take(Part::Content);
            (second != first).then(|| format!("written twice: {} and {}", shown(&first), shown(&second)))
        }
        Err(fault) => Some(format!("what was read twice cannot be written: {fault:?}")),
    }
}

/// Lines are the same however the file is cut into pieces.
fn wrong_lines(format: &Format, octets: &[u8]) -> Option<String> {
    let whole = lines_of(format, octets, octets.len().max(1));
    if let Err(fault) = &whole
        && fault.kind == FaultKind::Program
    {
        return Some(format!("{fault:?}"));
    }
    [1, 7].into_iter().find_map(|piece| {
        let cut = lines_of(format, octets, piece);
        (cut != whole).then(|| format!("in pieces of {piece}: {cut:?}, whole: {whole:?}"))
    })
}

fn lines_of(format: &Format, octets: &[u8], piece: usize) -> Result<Vec<(usize, u64)>, Fault> {
    let (program, form) = programs(format);
    let mut world = world(&format.compiled);
    let mut reader = FileReader::new(program, form).unwrap();
    let mut met = Vec::new();
    let mut on_line = |_: &Record, event: LineEvent| {
        met.push((event.piece, event.line));
        Ok(())
    };
    for piece in octets.chunks(piece) {
        reader.push(piece, &mut world, &mut on_line).map_err(|fault| fault.fault)?;
    }
    reader.finish(&mut world, &mut on_line).map_err(|fault| fault.fault)?;
    Ok(met)
}

fn shown(octets: &[u8]) -> String {
    octets.escape_ascii().to_string()
}

impl Format {
    /// How many of a thousand changed messages have the form all the same.
    fn whole_of_form(&self, dice: &mut Dice) -> usize {
        let all = (0..1_000).map(|_| mutated(dice, &self.kept));
        let lines = FileReader::new(programs(self).0, programs(self).1).is_some();
        all.filter(|octets| match lines {
            true => lines_of(self, octets, 64).is_ok(),
            false => read(programs(self), octets, &mut world(&self.compiled), false).is_ok(),
        })
        .count()
    }
}

/// Runs a target.
fn target(name: &str) {
    let seconds: Option<u64> = std::env::var("TONGSHI_FUZZ_SECONDS").ok().map(|text| text.parse().unwrap());
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mut dice = Dice(seconds.map_or(0x5EED, |_| since.as_secs() | 1));
    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(0));
    let format = format(name);
    for (file, octets) in &format.kept {
        assert_eq!(wrong(&format, octets), None, "{name}/{file}");
    }
    let mut made = 0;
    while (seconds.is_none() && made < SHORT) || (seconds.is_some() && Instant::now() < end) {
        let octets = mutated(&mut dice, &format.kept);
        made += 1;
        let Some(what) = wrong(&format, &octets) else { continue };
        if seconds.is_some() {
            let found = format!("{name}/found-{}-{made}.bin", since.as_secs());
            fs::write(formats::folder().join(found), &octets).unwrap();
        }
        panic!("{name}: {what} in message {made}: {}", shown(&octets));
    }
    let whole = format.whole_of_form(&mut dice);
    // Under a seal nothing that was changed is whole.
    assert!(whole > 0 || name == "fixed", "{name}: the changes are too rough to find anything");
    println!("{name}: {made} messages, of a thousand more {whole} were whole");
}

macro_rules! targets {
    ($($test:ident $name:literal)*) => {
        $(#[test] fn $test() { target($name); })*

        #[test]
        fn every_format_has_a_target() {
            let names: Vec<String> = formats().into_iter().map(|format| format.name).collect();
            assert_eq!(names, [$($name),*]);
        }
    };
}

targets! {
    binary "binary"
    delimited "delimited"
    fixed "fixed"
    fixed_shifts "fixed-shifts"
    form "form"
    iso8583_ascii "iso8583-ascii"
    iso8583_bcd "iso8583-bcd"
    iso8583_ebcdic "iso8583-ebcdic"
    iso8583_hex_bitmap "iso8583-hex-bitmap"
    json "json"
    lines_delimited "lines"
    lines_fixed "lines-fixed"
    segments "segments"
    several_json "several-json"
    several_segments "several-segments"
    several_tagged "several-tagged"
    several_xml "several-xml"
    tagged "tagged"
    tlv "tlv"
    xml "xml"
    xml_attributes "xml-attributes"
    xml_documents "xml-documents"
    xml_documents_unreadable "xml-documents-unreadable"
    xml_fields "xml-fields"
    xml_mixed "xml-mixed"
    zip "zip"
}
