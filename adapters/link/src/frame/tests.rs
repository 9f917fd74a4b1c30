use proptest::prelude::*;

use super::*;

fn length(code: LengthCode, size: usize) -> LengthField {
    LengthField { code, size }
}

/// Every usual frame whose payload is free, but for the bytes of marks.
fn frames() -> Vec<Frame> {
    use LengthCode::{Bcd, BigEndian, Blanks, Digits, LittleEndian};
    let mut all = vec![
        Frame::PrefixLine { end: LineEnd::Lf, digits: 5, counts_itself: false },
        Frame::PrefixLine { end: LineEnd::CrLf, digits: 5, counts_itself: true },
        Frame::Between { start: Bytes::from_static(b"\x02"), end: Bytes::from_static(b"\x03") },
        Frame::Between { start: Bytes::from_static(b"\x0b"), end: Bytes::from_static(b"\x1c\r") },
        Frame::lines(LineEnd::Lf),
        Frame::lines(LineEnd::CrLf),
        Frame::lines(LineEnd::Cr),
    ];
    for counts_itself in [false, true] {
        for (code, sizes) in [
            (Digits, [4, 6, 8]),
            (Blanks, [4, 6, 8]),
            (Bcd, [2, 3, 4]),
            (BigEndian, [2, 4, 8]),
            (LittleEndian, [2, 4, 8]),
        ] {
            all.extend(sizes.map(|size| Frame::Prefix { field: length(code, size), counts_itself }));
        }
    }
    all
}

fn config(frame: Frame) -> FrameConfig {
    FrameConfig::new(frame, 4_000)
}

/// Payload bytes that no mark contains.
fn payloads() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let byte = (0x20_u8..=0xff).boxed();
    proptest::collection::vec(proptest::collection::vec(byte, 0..300), 1..5)
}

fn decode_in_pieces(config: &FrameConfig, wire: &[u8], piece: usize) -> Vec<Vec<u8>> {
    let (mut framer, mut buffer, mut got) = (Framer::new(config.clone()), BytesMut::new(), Vec::new());
    for part in wire.chunks(piece) {
        buffer.extend_from_slice(part);
        while let Some(payload) = framer.decode(&mut buffer).unwrap() {
            got.push(payload.to_vec());
        }
    }
    assert_eq!(framer.finish(&mut buffer).unwrap(), None);
    got
}

proptest! {
    #[test]
    fn what_is_framed_comes_out_however_it_is_cut(payloads in payloads(), piece in 1_usize..700) {
        for frame in frames() {
            let config = config(frame);
            config.check().unwrap();
            let (framer, mut wire) = (Framer::new(config.clone()), BytesMut::new());
            for payload in &payloads {
                framer.encode(payload, &mut wire).unwrap();
            }
            prop_assert_eq!(&decode_in_pieces(&config, &wire, piece), &payloads, "{:?}", config);
            prop_assert_eq!(&decode_in_pieces(&config, &wire, 1), &payloads, "{:?}", config);
        }
    }

    #[test]
    fn a_head_with_a_length_is_part_of_its_message(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        for (counts, beside) in [(Counts::AfterField, 6), (Counts::AfterHead, 0), (Counts::Whole, 10)] {
            let mut message = b"HD0000----".to_vec();
            message.extend_from_slice(&body);
            message[2..6].copy_from_slice(format!("{:04}", body.len() + if beside == 6 { 4 } else { beside }).as_bytes());
            let config = config(Frame::ByHead { head: 10, offset: 2, field: length(LengthCode::Digits, 4), counts, beside: None, parts: None });
            let mut wire = BytesMut::new();
            Framer::new(config.clone()).encode(&message, &mut wire).unwrap();
            prop_assert_eq!(&wire[..], &message[..]);
            wire.extend_from_slice(&message);
            prop_assert_eq!(decode_in_pieces(&config, &wire, 3), vec![message.clone(), message.clone()]);
            message.push(0);
            let error = Framer::new(config).encode(&message, &mut wire).unwrap_err();
            prop_assert!(matches!(error.fault, FrameFault::Disagrees { .. }), "{:?}", error);
        }
    }

    #[test]
    fn no_input_makes_a_framer_panic_or_stall(wire in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut all: Vec<FrameConfig> = frames().into_iter().map(config).collect();
        all.push(FrameConfig { garbled: Garbled::Skip, ..config(Frame::Between {
            start: Bytes::from_static(b"AB"), end: Bytes::from_static(b"BA") }) });
        all.push(config(by_tag()));
        all.push(FrameConfig { garbled: Garbled::Skip, ..config(by_tag()) });
        for config in all {
            let (mut framer, mut buffer) = (Framer::new(config), BytesMut::from(&wire[..]));
            let mut frames = 0;
            while let Ok(Some(_)) = framer.decode(&mut buffer) {
                frames += 1;
            }
            prop_assert!(frames <= wire.len());
        }
    }
}

/// A text like those of FIX: `8=F.1|9=LENGTH|BODY10=123|`.
fn text_of(body: &str) -> Vec<u8> {
    format!("8=F.1|9={}|{body}10=123|", body.len()).into_bytes()
}

fn by_tag() -> Frame {
    let value = |mark: &'static str, most| TaggedValue { mark: Bytes::from_static(mark.as_bytes()), most };
    Frame::ByTag(Arc::new(Tagged {
        before: vec![value("8=", 5)],
        length: value("9=", 4),
        behind: vec![value("10=", 3)],
        end: Bytes::from_static(b"|"),
    }))
}

#[test]
fn a_text_of_tagged_values_ends_where_its_length_says() {
    let config = config(by_tag());
    config.check().unwrap();
    // The mark of the last value stands in the body too: the length alone counts.
    let texts = vec![text_of("35=D|58=a10=b|"), text_of(""), text_of("35=8|")];
    let mut wire = BytesMut::new();
    for text in &texts {
        Framer::new(config.clone()).encode(text, &mut wire).unwrap();
    }
    for piece in [1, 2, 5, 100] {
        assert_eq!(decode_in_pieces(&config, &wire, piece), texts);
    }
    let wrong = Framer::new(config).encode(b"8=F.1|9=7|35=D|10=123|", &mut wire).unwrap_err();
    assert!(matches!(wrong.fault, FrameFault::NoMark | FrameFault::Disagrees { .. }), "{wrong}");
}

#[test]
fn a_text_that_is_none_of_tagged_values_is_a_fault_at_its_place() {
    assert_eq!(fault(by_tag(), b"8=F.1|7=").fault, FrameFault::NoMark);
    assert_eq!(fault(by_tag(), b"8=F.12345").offset, 0);
    assert_eq!(fault(by_tag(), b"8=F.1|9=1x|").fault, FrameFault::NotANumber { expected: "digits" });
    assert_eq!(fault(by_tag(), b"8=F.1|9=5|35=D|11=123|").offset, 15);
    assert!(matches!(fault(by_tag(), b"8=F.1|9=9999|").fault, FrameFault::TooLong { .. }));
    let (mut framer, mut buffer) =
        (Framer::new(config(by_tag())), BytesMut::from(&b"8=F.1|9=5|35=D|10="[..]));
    assert_eq!(framer.decode(&mut buffer).unwrap(), None);
    assert!(matches!(framer.finish(&mut buffer).unwrap_err().fault, FrameFault::Truncated { .. }));
}

#[test]
fn a_link_that_skips_finds_the_next_text_of_tagged_values() {
    let config = FrameConfig { garbled: Garbled::Skip, ..config(by_tag()) };
    let mut wire = b"noise38=5|".to_vec();
    wire.extend_from_slice(b"8=F.1|9=9|35=D|10=123|");
    wire.extend_from_slice(&text_of("35=8|"));
    let (mut framer, mut buffer) = (Framer::new(config), BytesMut::from(&wire[..]));
    assert_eq!(framer.decode(&mut buffer).unwrap().unwrap(), text_of("35=8|"));
    assert_eq!(framer.skipped(), 32);
}

#[test]
fn a_link_that_skips_steps_over_what_is_not_sound() {
    let sound = Some(Sound::new(|payload: &[u8]| payload.ends_with(b"=8|10=123|")));
    let config = FrameConfig { garbled: Garbled::Skip, sound, ..config(by_tag()) };
    let wire = [text_of("35=D|"), text_of("35=8|")].concat();
    let (mut framer, mut buffer) = (Framer::new(config), BytesMut::from(&wire[..]));
    assert_eq!(framer.decode(&mut buffer).unwrap().unwrap(), text_of("35=8|"));
    assert_eq!(framer.skipped(), text_of("35=D|").len() as u64);
}

fn fault(frame: Frame, wire: &[u8]) -> FrameError {
    Framer::new(config(frame)).decode(&mut BytesMut::from(wire)).unwrap_err()
}

#[test]
fn a_wrong_prefix_says_where_and_what() {
    let four = Frame::Prefix { field: length(LengthCode::Digits, 4), counts_itself: false };
    let mut framer = Framer::new(config(four.clone()));
    let mut buffer = BytesMut::from(&b"0002abGET / HTTP"[..]);
    assert_eq!(framer.decode(&mut buffer).unwrap().unwrap(), "ab");
    let error = framer.decode(&mut buffer).unwrap_err();
    assert_eq!(error.to_string(), "at byte 6: expected a length as digits, found 47455420");
    assert_eq!(fault(four, b"0X").fault, FrameFault::NotANumber { expected: "digits" });
    let packed = Frame::Prefix { field: length(LengthCode::Bcd, 2), counts_itself: false };
    assert_eq!(fault(packed, &[0x0a, 0]).fault, FrameFault::NotANumber { expected: "packed digits" });
}

#[test]
fn figures_on_the_left_have_blanks_behind_them() {
    let eight = Frame::Prefix { field: length(LengthCode::Blanks, 8), counts_itself: true };
    let mut wire = BytesMut::new();
    Framer::new(config(eight.clone())).encode(b"ab", &mut wire).unwrap();
    assert_eq!(&wire[..], b"10      ab");
    assert_eq!(decode_in_pieces(&config(eight.clone()), &wire, 1), [b"ab".to_vec()]);
    for wrong in [&b"  10    ab"[..], b"1 0     ab", b"        ab"] {
        assert_eq!(
            fault(eight.clone(), wrong).fault,
            FrameFault::NotANumber { expected: "digits and blanks behind" }
        );
    }
}

#[test]
fn lengths_out_of_bounds_are_refused_before_room_is_made() {
    let huge = Frame::Prefix { field: length(LengthCode::BigEndian, 8), counts_itself: false };
    let (mut framer, mut buffer) = (Framer::new(config(huge)), BytesMut::from(&[0xff_u8; 8][..]));
    let error = framer.decode(&mut buffer).unwrap_err();
    assert_eq!(error.fault, FrameFault::TooLong { length: u64::MAX, most: 4_000 });
    assert!(buffer.capacity() < 5_000);
    let own = Frame::Prefix { field: length(LengthCode::Digits, 4), counts_itself: true };
    assert_eq!(fault(own, b"0003").fault, FrameFault::TooShort { length: 3, least: 4 });
    let line = vec![b'x'; 4_002];
    assert!(matches!(fault(Frame::lines(LineEnd::Lf), &line).fault, FrameFault::TooLong { .. }));
    let head = Frame::ByHead {
        head: 4,
        offset: 0,
        field: length(LengthCode::Digits, 4),
        counts: Counts::Whole,
        beside: None,
        parts: None,
    };
    assert_eq!(fault(head, b"0003").fault, FrameFault::TooShort { length: 3, least: 4 });
}

#[test]
fn what_does_not_fit_is_not_framed() {
    let short =
        Framer::new(config(Frame::Prefix { field: length(LengthCode::Digits, 2), counts_itself: true }));
    let mut out = BytesMut::new();
    let error = short.encode(&[b'x'; 98], &mut out).unwrap_err();
    assert_eq!(error.fault, FrameFault::TooLong { length: 98, most: 97 });
    assert!(out.is_empty());
    let lines = Framer::new(config(Frame::lines(LineEnd::CrLf)));
    assert_eq!(lines.encode(b"a\r\nb", &mut out).unwrap_err().fault, FrameFault::MarkInside);
    let fixed = Framer::new(config(Frame::Fixed { bytes: 3 }));
    assert_eq!(fixed.encode(b"ab", &mut out).unwrap_err().fault, FrameFault::Disagrees { says: 3, is: 2 });
    assert!(out.is_empty());
    let bad = FrameConfig::new(Frame::Fixed { bytes: 0 }, 10);
    assert!(bad.check().is_err());
}

#[test]
fn garbage_between_frames_is_a_fault_or_stepped_over() {
    let frame = Frame::Between { start: Bytes::from_static(b"<<"), end: Bytes::from_static(b">>") };
    assert_eq!(fault(frame.clone(), b"x<<a>>").fault, FrameFault::NoMark);
    let skip = FrameConfig { garbled: Garbled::Skip, ..config(frame) };
    for piece in 1..9 {
        assert_eq!(decode_in_pieces(&skip, b"junk<<a>>x<y<<<b>>", piece), [b"a".to_vec(), b"<b".to_vec()]);
    }
    let mut framer = Framer::new(skip);
    framer.decode(&mut BytesMut::from(&b"junk<<a>>"[..])).unwrap();
    assert_eq!(framer.skipped(), 4);
}

#[test]
fn the_end_of_a_connection_ends_a_message_or_is_a_fault() {
    let mut framer = Framer::new(config(Frame::UntilClose));
    let mut buffer = BytesMut::from(&b"all of it"[..]);
    assert_eq!(framer.decode(&mut buffer).unwrap(), None);
    assert_eq!(framer.finish(&mut buffer).unwrap().unwrap(), "all of it");
    let field = length(LengthCode::Digits, 4);
    let mut framer = Framer::new(config(Frame::Prefix { field, counts_itself: false }));
    let error = framer.finish(&mut BytesMut::from(&b"0009abc"[..])).unwrap_err();
    assert_eq!(error.fault, FrameFault::Truncated { got: 7 });
}

#[test]
fn one_byte_lengths_work_both_ways() {
    for code in [LengthCode::BigEndian, LengthCode::LittleEndian] {
        let config = config(Frame::Prefix { field: length(code, 1), counts_itself: false });
        let mut wire = BytesMut::new();
        Framer::new(config.clone()).encode(&[7; 255], &mut wire).unwrap();
        assert_eq!(wire[0], 255);
        assert_eq!(decode_in_pieces(&config, &wire, 100), [vec![7; 255]]);
        assert!(Framer::new(config).encode(&[7; 256], &mut wire).is_err());
    }
}

#[test]
fn parts_behind_a_body_belong_to_the_message() {
    let parts =
        Parts { offset: 2, count: 1, head: 4, length_offset: 1, length: length(LengthCode::Digits, 3) };
    let config = config(Frame::ByHead {
        head: 3,
        offset: 0,
        field: length(LengthCode::Digits, 2),
        counts: Counts::AfterHead,
        beside: None,
        parts: Some(parts),
    });
    config.check().unwrap();
    let whole = [&b"020"[..], b"no"].concat();
    let two = [&b"022"[..], b"ab", b"-003xyz", b"-000"].concat();
    let mut wire = BytesMut::new();
    for message in [&whole, &two] {
        Framer::new(config.clone()).encode(message, &mut wire).unwrap();
    }
    assert_eq!(decode_in_pieces(&config, &wire, 1), vec![whole.clone(), two.clone()]);
    assert_eq!(decode_in_pieces(&config, &wire, 7), vec![whole, two.clone()]);

    let short = two.get(..two.len() - 1).unwrap();
    let error = Framer::new(config.clone()).encode(short, &mut BytesMut::new()).unwrap_err();
    assert!(matches!(error.fault, FrameFault::Disagrees { .. }), "{error:?}");
    let error = Framer::new(config).decode(&mut BytesMut::from(&b"001-0x1"[..])).unwrap_err();
    assert!(matches!(error.fault, FrameFault::NotANumber { .. }), "{error:?}");
}

#[test]
fn a_second_length_in_the_head_is_of_what_follows() {
    let parts =
        Parts { offset: 4, count: 1, head: 2, length_offset: 0, length: length(LengthCode::Digits, 2) };
    for parts in [None, Some(parts)] {
        let config = config(Frame::ByHead {
            head: 5,
            offset: 0,
            field: length(LengthCode::Digits, 2),
            counts: Counts::AfterHead,
            beside: Some((2, length(LengthCode::Digits, 2))),
            parts,
        });
        config.check().unwrap();
        let plain = b"02000no".to_vec();
        let sealed = b"02030noSIG".to_vec();
        let attached = b"01021aSS03xyz".to_vec();
        let mut messages = vec![sealed.clone(), plain];
        if parts.is_some() {
            messages.push(attached);
        }
        let mut wire = BytesMut::new();
        for message in &messages {
            Framer::new(config.clone()).encode(message, &mut wire).unwrap();
        }
        assert_eq!(decode_in_pieces(&config, &wire, 1), messages);
        assert_eq!(decode_in_pieces(&config, &wire, 4), messages);
        let short = sealed.get(..sealed.len() - 1).unwrap();
        let error = Framer::new(config.clone()).encode(short, &mut BytesMut::new()).unwrap_err();
        assert!(matches!(error.fault, FrameFault::Disagrees { .. }), "{error:?}");
        let error = Framer::new(config.clone()).decode(&mut BytesMut::from(&b"020x"[..])).unwrap_err();
        assert!(matches!(error.fault, FrameFault::NotANumber { .. }), "{error:?}");
        let mut framer = Framer::new(config);
        let error = framer.decode(&mut BytesMut::from(&b"99990"[..]));
        assert_eq!(error.unwrap(), None);
    }
}
