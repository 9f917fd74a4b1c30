//! Every code of every set, both ways, and the places of the faults.

use super::*;
use proptest::prelude::*;

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

/// That implementation follows the edition of 2000, in which 19 codes stood for private use.
const SINCE_2000: [u16; 19] = [
    0xA6D9, 0xA6DA, 0xA6DB, 0xA6DC, 0xA6DD, 0xA6DE, 0xA6DF, 0xA6EC, 0xA6ED, 0xA6F3, 0xA8BC, 0xFE59, 0xFE61,
    0xFE66, 0xFE67, 0xFE6D, 0xFE7E, 0xFE90, 0xFEA0,
];

fn is_known_difference(charset: Charset, code: u16) -> bool {
    charset == Charset::Gb18030 && (code == 0xA3A0 || SINCE_2000.contains(&code))
}

proptest! {
    #[test]
    fn what_is_read_is_written_again(charset in proptest::sample::select(&Charset::ALL[..]), bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        match decode(charset, &bytes) {
            Ok(text) => {
                let again = encode(charset, &text).unwrap();
                prop_assert_eq!(again.as_ref(), &bytes[..]);
            }
            Err(error) => {
                prop_assert!(error.offset < bytes.len());
                prop_assert!(validate(charset, &bytes[..error.offset]).is_ok());
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
