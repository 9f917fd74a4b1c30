//! Every code of every set, both ways, and the places of the faults.

use super::*;
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};

#[test]
fn names_lead_back() {
    for charset in Charset::ALL {
        assert_eq!(Charset::from_name(charset.name()), Some(charset));
    }
    assert_eq!(Charset::from_name("ebcdic"), Some(Charset::Cp037));
    assert_eq!(Charset::from_name("latin1"), None);
}

#[test]
fn every_code_of_one_and_two_bytes_comes_back() {
    for charset in Charset::ALL {
        for code in 0..=u16::MAX {
            let both = code.to_be_bytes();
            for bytes in [&both[..1], &both[..]] {
                if let Ok(text) = decode(charset, bytes) {
                    assert_eq!(encode(charset, &text).unwrap().as_ref(), bytes, "{charset:?} {bytes:02X?}");
                }
            }
        }
    }
}

#[test]
fn every_four_byte_code_comes_back() {
    let mut read = 0_u32;
    for (a, b) in (0x81..=0xFE_u8).flat_map(|a| (0x30..=0x39_u8).map(move |b| (a, b))) {
        for (c, d) in (0x81..=0xFE_u8).flat_map(|c| (0x30..=0x39_u8).map(move |d| (c, d))) {
            let bytes = [a, b, c, d];
            if let Ok(text) = decode(Charset::Gb18030, &bytes) {
                assert_eq!(encode(Charset::Gb18030, &text).unwrap().as_ref(), bytes, "{bytes:02X?}");
                read += 1;
            }
        }
    }
    assert!(read > 1_080_000, "all but the superseded ones and the gaps: {read}");
}

#[test]
fn gbk_is_the_two_byte_form_only() {
    for bytes in [
        &[0x80][..],
        &[0xFF],
        &[0x81, 0x30, 0x81, 0x30],
        &[0xA2, 0xE3],
        &[0xA3, 0xA0],
        &[0xD6],
        &[0x81, 0x7F],
    ] {
        assert_eq!(decode(Charset::Gbk, bytes).unwrap_err().offset, 0, "{bytes:02X?}");
    }
    assert_eq!(decode(Charset::Gbk, b"\xD6\xD0\xCE").unwrap_err().offset, 2);
    assert_eq!(decode(Charset::Gbk, b"ab\x80").unwrap_err().offset, 2);
    assert_eq!(decode(Charset::Gbk, b"\xFE\xFF").unwrap_err().offset, 0, "no byte order mark is looked for");
    assert_eq!(
        encode(Charset::Gbk, "价€").unwrap_err(),
        EncodeError { charset: Charset::Gbk, character: '€', index: 1 }
    );
    assert!(encode(Charset::Gbk, "\u{20BB7}").is_err());
    assert_eq!(encode(Charset::Gb18030, "€").unwrap().as_ref(), [0xA2, 0xE3]);
}

#[test]
fn faults_name_their_place() {
    assert_eq!(decode(Charset::Ascii, b"ab\xE4").unwrap_err().offset, 2);
    assert_eq!(decode(Charset::Utf8, b"a\xC0\x80").unwrap_err().offset, 1);
    assert_eq!(encode(Charset::Ascii, "ab中").unwrap_err().index, 2);
    assert_eq!(encode(Charset::Cp037, "中").unwrap_err().index, 0);
    let message = encode(Charset::Gbk, "\u{1F600}").unwrap_err().to_string();
    assert_eq!(message, "character U+1F600 at index 0 is not in gbk");
}

#[test]
fn cutting_keeps_characters_whole() {
    assert_eq!(cut(Charset::Gbk, 5, "东莞a农").unwrap(), "东莞a");
    assert_eq!(cut(Charset::Gbk, 6, "东莞a农").unwrap(), "东莞a");
    assert_eq!(cut(Charset::Utf8, 5, "东莞").unwrap(), "东");
    assert_eq!(cut(Charset::Cp037, 2, "abc").unwrap(), "ab");
    assert!(is_character_border(Charset::Gbk, b"\xB6\xAB\xDD\xB8", 2));
    assert!(!is_character_border(Charset::Gbk, b"\xB6\xAB\xDD\xB8", 3));
    assert!(!is_character_border(Charset::Gbk, b"\xB6\xAB", 4));
}

/// The table was written by Python's codecs: for each set, the codes of one and two bytes that it accepts,
/// with the character. Where we differ is listed here and nowhere else.
#[test]
fn agrees_with_another_implementation() {
    let lines =
        include_str!("../../tests/vectors/charset/codes.txt").lines().filter(|line| !line.starts_with('#'));
    let mut seen = 0_u32;
    for line in lines {
        let mut parts = line.split(' ');
        let charset = Charset::from_name(parts.next().unwrap()).unwrap();
        let first = u16::from_str_radix(parts.next().unwrap(), 16).unwrap();
        for (step, expected) in parts.next().unwrap().chars().enumerate() {
            let code = first + u16::try_from(step).unwrap();
            let both = code.to_be_bytes();
            let bytes = if code > 0xFF { &both[..] } else { &both[1..] };
            let agrees = decode(charset, bytes).is_ok_and(|text| text.chars().eq([expected]));
            assert_ne!(agrees, is_known_difference(charset, code), "{charset:?} {code:04X} {expected:?}");
            seen += 1;
        }
    }
    assert!(seen > 45_000, "the table is there: {seen}");
}

/// The table was written by glibc's iconv: the codes that it reads in cp935 and cp1388, and the characters that it writes as
/// what they are not. All other codes are faults, all other characters are lacking.
#[test]
fn mixed_sets_agree_with_another_implementation() {
    let mut known: HashMap<(Charset, u16), char> = HashMap::new();
    let mut only: HashSet<(Charset, char)> = HashSet::new();
    let hex = |word: &str| u32::from_str_radix(word, 16).unwrap();
    let lines = include_str!("../../tests/vectors/charset/mixed.txt").lines();
    for line in lines.filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        match words.next().unwrap() {
            "only" => {
                let charset = Charset::from_name(words.next().unwrap()).unwrap();
                assert!(only.insert((charset, char::from_u32(hex(words.next().unwrap())).unwrap())));
            }
            name => {
                let charset = Charset::from_name(name).unwrap();
                let mut code = u16::try_from(hex(words.next().unwrap())).unwrap();
                for word in words {
                    let (first, more) = word.split_once('+').unwrap_or((word, "0"));
                    for step in 0..=more.parse::<u32>().unwrap() {
                        let character = char::from_u32(hex(first) + step).unwrap();
                        assert_eq!(known.insert((charset, code), character), None);
                        code += 1;
                    }
                }
            }
        }
    }
    assert_eq!(known.len(), 9_519 + 32_568, "the table is there");
    for charset in SHIFTED {
        let mut codes: HashMap<char, Vec<u8>> = HashMap::new();
        for code in 0..=u16::MAX {
            let [lead, trail] = code.to_be_bytes();
            let bytes = if code > 0xFF { vec![0x0E, lead, trail, 0x0F] } else { vec![trail] };
            let expected = known.get(&(charset, code)).copied();
            let found = decode(charset, &bytes).ok().map(|text| text.chars().collect::<Vec<_>>());
            assert_eq!(found, expected.map(|one| vec![one]), "{charset:?} {code:04X}");
            expected.map(|one| codes.insert(one, bytes));
        }
        for character in '\0'..=char::MAX {
            let written = encode(charset, &character.to_string()).ok().map(Cow::into_owned);
            assert_eq!(written.as_ref(), codes.get(&character), "{charset:?} {character:?}");
            assert!(!only.contains(&(charset, character)) || written.is_none(), "{charset:?} {character:?}");
        }
    }
}

/// The sets in which a text has shifts.
const SHIFTED: [Charset; 2] = [Charset::Cp935, Charset::Cp1388];

#[test]
fn a_text_with_shifts_has_one_coding() {
    for charset in SHIFTED {
        let same = |text: &str, bytes: &[u8]| {
            assert_eq!(encode(charset, text).unwrap().as_ref(), bytes, "{text}");
            assert_eq!(decode(charset, bytes).unwrap(), text);
            assert_eq!(validate(charset, bytes), Ok(()));
            assert_eq!(characters(charset, bytes), text.chars().count());
            assert_eq!(encoded_length(charset, text), Ok(bytes.len()));
        };
        same("", b"");
        same("AB 12", b"\xC1\xC2\x40\xF1\xF2");
        same("中国", b"\x0E\x5B\xCF\x4D\x9B\x0F");
        same("a中b国", b"\x81\x0E\x5B\xCF\x0F\x82\x0E\x4D\x9B\x0F");
        same("中\u{3000}", b"\x0E\x5B\xCF\x40\x40\x0F");
        same("中 ", b"\x0E\x5B\xCF\x0F\x40");
        for (bytes, offset) in [
            // A run without characters, without an end, within a run, behind another one; an end without a run.
            (&b"\xC1\x0E\x0F"[..], 1),
            (b"\xC1\x0E", 1),
            (b"\xC1\x0E\x5B\xCF", 1),
            (b"\x0E\x5B\xCF\x0E\x5B\xCF\x0F", 3),
            (b"\x0E\x5B\xCF\x0F\x0E\x5B\xCF\x0F", 4),
            (b"\xC1\x0F", 1),
            (b"\x0E\x5B\xCF\x0F\x0F", 4),
            // Half a character at the end, and before a shift-in; single bytes in a run; a byte that is none.
            (b"\x0E\x5B\xCF\x59", 3),
            (b"\x0E\x59\x0F", 1),
            (b"\xC1\x41", 1),
            (b"\x0E\x5B\xCF\xFF\xFF\x0F", 3),
            (b"\x0E\x00\xC1\x0F", 1),
        ] {
            assert_eq!(decode(charset, bytes).unwrap_err().offset, offset, "{charset:?} {bytes:02X?}");
            assert_eq!(validate(charset, bytes).unwrap_err().offset, offset, "{charset:?} {bytes:02X?}");
            let mut before = "before".to_owned();
            assert!(decode_onto(charset, bytes, &mut before).is_err());
            assert_eq!(before, "before");
        }
        let error = encode(charset, "价格😀").unwrap_err();
        assert_eq!((error.character, error.index), ('😀', 2));
        let mut out = b"before".to_vec();
        assert!(encode_onto(charset, "价格😀", &mut out).is_err());
        assert_eq!(out, b"before");
        assert!(encode(charset, "\u{E}").is_err(), "a shift is no character");
    }
    // The point between the parts of a name: the sets give one code to different characters.
    assert_eq!(encode(Charset::Cp1388, "·").unwrap().as_ref(), b"\x0E\x43\x45\x0F");
    assert_eq!(encode(Charset::Cp935, "・").unwrap().as_ref(), b"\x0E\x43\x45\x0F");
    assert!(encode(Charset::Cp935, "·").is_err());
    assert!(encode(Charset::Cp1388, "・").is_err());
    // Characters that GBK has beyond GB 2312 are in the second one alone.
    assert!(encode(Charset::Cp935, "镕").is_err());
    assert!(encode(Charset::Cp1388, "镕").is_ok());
}

#[test]
fn cutting_has_room_for_the_shifts() {
    for charset in SHIFTED {
        for (room, text, expected) in [
            (0, "中", ""),
            (3, "中", ""),
            (4, "中", "中"),
            (5, "中国", "中"),
            (6, "中国", "中国"),
            (5, "a中国", "a中"),
            (6, "中a国", "中a"),
            (8, "中a国", "中a"),
            (9, "中a国", "中a国"),
        ] {
            assert_eq!(cut(charset, room, text).unwrap(), expected, "{charset:?} {room} {text}");
        }
    }
}

#[test]
fn so_many_characters_take_their_shifts_with_them() {
    let bytes = b"\x81\x0E\x5B\xCF\x4D\x9B\x0F\x82\x0E\x5B\xCF\x0F";
    for charset in SHIFTED {
        let length = |count| length_of(charset, bytes, count);
        assert_eq!([0, 1, 3, 4, 5].map(length), [Some(0), Some(1), Some(7), Some(8), Some(12)]);
        assert_eq!([2, 6].map(length), [None, None], "the run goes on; there are no more");
        assert_eq!(length_of(charset, b"\x0E\x5B\xCF", 1), None);
        assert_eq!(character_length(charset, b"\x81"), Some(1));
        assert_eq!(character_length(charset, b"\x0E\x5B\xCF\x0F"), None);
        let borders: Vec<usize> = (0..20).filter(|at| is_character_border(charset, bytes, *at)).collect();
        assert_eq!(borders, [0, 1, 2, 4, 6, 7, 8, 9, 11, 12]);
    }
    assert_eq!(length_of(Charset::Gbk, b"a\xD6\xD0b", 2), Some(3));
    assert_eq!(length_of(Charset::Gbk, b"a\xD6", 2), None);
}

/// That implementation follows the edition of 2000, in which 19 codes stood for private use.
const SINCE_2000: [u16; 19] = [
    0xA6D9, 0xA6DA, 0xA6DB, 0xA6DC, 0xA6DD, 0xA6DE, 0xA6DF, 0xA6EC, 0xA6ED, 0xA6F3, 0xA8BC, 0xFE59, 0xFE61,
    0xFE66, 0xFE67, 0xFE6D, 0xFE7E, 0xFE90, 0xFEA0,
];

fn is_known_difference(charset: Charset, code: u16) -> bool {
    charset == Charset::Gb18030 && (code == 0xA3A0 || SINCE_2000.contains(&code))
}

/// Whether bytes are a text; one that ends in a run once this is closed, or left out where nothing stands in it.
fn is_text_when_closed(charset: Charset, bytes: &[u8]) -> bool {
    let closed = match bytes.split_last() {
        Some((0x0E, before)) if charset.has_shifts() => before.to_vec(),
        _ => [bytes, b"\x0F"].concat(),
    };
    validate(charset, bytes).is_ok() || (charset.has_shifts() && validate(charset, &closed).is_ok())
}

/// Bytes that are often a text of a set with shifts, or nearly one.
fn nearly_shifted() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => proptest::sample::select(vec![b"\x5B\xCF".to_vec(), b"\x4D\x9B".to_vec(), b"\x40\x40".to_vec()]),
        3 => proptest::sample::select(vec![b"\x40".to_vec(), b"\xC1".to_vec(), b"\xF1\xF2".to_vec()]),
        4 => Just(b"\x0E".to_vec()),
        4 => Just(b"\x0F".to_vec()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    proptest::collection::vec(piece, 0..9).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn shifts_are_read_one_way(charset in proptest::sample::select(&SHIFTED[..]), bytes in nearly_shifted()) {
        match decode(charset, &bytes) {
            Ok(text) => {
                let again = encode(charset, &text).unwrap();
                prop_assert_eq!(again.as_ref(), &bytes[..]);
                prop_assert_eq!(characters(charset, &bytes), text.chars().count());
                for (count, (at, _)) in text.char_indices().enumerate() {
                    if let Some(length) = length_of(charset, &bytes, count) {
                        prop_assert_eq!(decode(charset, &bytes[..length]).unwrap(), &text[..at]);
                    }
                }
                prop_assert_eq!(length_of(charset, &bytes, text.chars().count()), Some(bytes.len()));
            }
            Err(error) => {
                prop_assert!(error.offset < bytes.len());
                prop_assert!(is_text_when_closed(charset, &bytes[..error.offset]));
                prop_assert!(is_character_border(charset, &bytes, error.offset));
            }
        }
    }

    #[test]
    fn what_is_read_is_written_again(charset in proptest::sample::select(&Charset::ALL[..]), bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        match decode(charset, &bytes) {
            Ok(text) => {
                let again = encode(charset, &text).unwrap();
                prop_assert_eq!(again.as_ref(), &bytes[..]);
            }
            Err(error) => {
                prop_assert!(error.offset < bytes.len());
                prop_assert!(is_text_when_closed(charset, &bytes[..error.offset]));
                prop_assert!(is_character_border(charset, &bytes, error.offset));
            }
        }
    }

    #[test]
    fn what_is_written_is_read_again(charset in proptest::sample::select(&Charset::ALL[..]), text in "\\PC{0,20}") {
        if let Ok(bytes) = encode(charset, &text) {
            let again = decode(charset, &bytes).unwrap();
            prop_assert_eq!(again.as_ref(), &text[..]);
            prop_assert!(bytes.len() <= text.chars().count() * charset.widest_character());
        }
    }

    #[test]
    fn a_cut_is_the_longest_that_fits(charset in proptest::sample::select(&Charset::ALL[..]), text in "[a-z中国银行東]{0,12}", room in 0_usize..30) {
        if let Ok(short) = cut(charset, room, &text) {
            prop_assert!(text.starts_with(short));
            prop_assert!(encoded_length(charset, short).unwrap() <= room);
            if let Some(next) = text[short.len()..].chars().next() {
                let longer = format!("{short}{next}");
                prop_assert!(encoded_length(charset, &longer).unwrap() > room);
            }
        }
    }
}

#[test]
fn gbk_writes_what_the_library_writes() {
    // The library writes the euro sign as the single byte 80, which this set does not have.
    for character in (0..=0xFFFF_u32).filter_map(char::from_u32).filter(|character| *character != '€') {
        let text = character.to_string();
        let (bytes, _, lacks) = encoding_rs::GBK.encode(&text);
        let written = encode(Charset::Gbk, &text).ok().map(Cow::into_owned);
        assert_eq!(written, (!lacks).then(|| bytes.into_owned()), "U+{:04X}", u32::from(character));
    }
    assert!(encode(Charset::Gbk, "€").is_err());
}
