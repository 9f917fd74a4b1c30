//! Captures made by hand, octet by octet.

use super::*;

fn tcp(from: u16, to: u16, sequence: u32, flags: u8, data: &[u8]) -> Vec<u8> {
    let mut octets = Vec::new();
    octets.extend(from.to_be_bytes());
    octets.extend(to.to_be_bytes());
    octets.extend(sequence.to_be_bytes());
    octets.extend([0, 0, 0, 0, 0x50, flags, 0, 0, 0, 0, 0, 0]);
    octets.extend_from_slice(data);
    octets
}

fn ip(segment: &[u8]) -> Vec<u8> {
    let mut octets = vec![0x45, 0];
    octets.extend(u16::try_from(20 + segment.len()).unwrap().to_be_bytes());
    octets.extend([0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    octets.extend_from_slice(segment);
    octets
}

fn ethernet(packet: &[u8]) -> Vec<u8> {
    // Short packets are filled up to what Ethernet takes.
    let mut octets = [vec![0; 12], vec![0x81, 0, 0, 5, 0x08, 0], packet.to_vec()].concat();
    octets.resize(octets.len().max(60), 0xEE);
    octets
}

fn pcap(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut octets = vec![0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0];
    for frame in frames {
        let length = u32::try_from(frame.len()).unwrap().to_le_bytes();
        octets.extend([0; 8]);
        octets.extend(length);
        octets.extend(length);
        octets.extend_from_slice(frame);
    }
    octets
}

fn pcapng(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut block = |kind: u32, body: &[u8]| {
        let filling = vec![0; body.len().next_multiple_of(4) - body.len()];
        let length = u32::try_from(12 + body.len() + filling.len()).unwrap().to_be_bytes();
        octets.extend(kind.to_be_bytes());
        octets.extend(length);
        octets.extend_from_slice(body);
        octets.extend(filling);
        octets.extend(length);
    };
    block(0x0A0D_0D0A, &[&[0x1A, 0x2B, 0x3C, 0x4D, 0, 1, 0, 0][..], &[0xFF; 8]].concat());
    block(1, &[0, 1, 0, 0, 0, 0, 0, 0]);
    for frame in frames {
        let length = u32::try_from(frame.len()).unwrap().to_be_bytes();
        block(6, &[&[0; 12][..], &length, &length, frame].concat());
    }
    octets
}

fn frames() -> Vec<Vec<u8>> {
    let near_the_end = u32::MAX - 3;
    let segments = [
        tcp(4000, 9001, near_the_end, 2, b""),
        tcp(9001, 4000, 500, 0x12, b""),
        // The second piece comes first, then the first twice, the second time with more.
        tcp(4000, 9001, near_the_end.wrapping_add(4), 0x18, b"456789"),
        tcp(4000, 9001, near_the_end.wrapping_add(1), 0x18, b"123"),
        tcp(4000, 9001, near_the_end.wrapping_add(1), 0x18, b"12345"),
        tcp(9001, 4000, 501, 0x18, b"ok"),
        tcp(4000, 9001, near_the_end.wrapping_add(13), 0x18, b"tail"),
        tcp(4000, 9001, near_the_end.wrapping_add(17), 0x11, b""),
        // The same ends once more.
        tcp(4000, 9001, 77, 2, b""),
        tcp(4000, 9001, 78, 0x18, b"again"),
    ];
    segments.iter().map(|segment| ethernet(&ip(segment))).collect()
}

#[test]
fn connections_are_put_together_by_their_numbers() {
    for octets in [pcap(&frames()), pcapng(&frames())] {
        let flows = capture(&octets).unwrap();
        let told: Vec<_> = flows.iter().map(|flow| (flow.ports, flow.pieces.clone(), flow.missing)).collect();
        assert_eq!(
            told,
            [
                ((4000, 9001), vec![b"123456789".to_vec(), b"tail".to_vec()], 3),
                ((9001, 4000), vec![b"ok".to_vec()], 0),
                ((4000, 9001), vec![b"again".to_vec()], 0),
            ]
        );
        assert_eq!((flows[0].from.as_str(), flows[0].to.as_str()), ("10.0.0.1:4000", "10.0.0.2:9001"));
    }
}

#[test]
fn a_broken_capture_is_told_and_nothing_panics() {
    assert_eq!(capture(b"0086"), Err(CaptureError::NotACapture));
    for whole in [pcap(&frames()), pcapng(&frames())] {
        for length in 0..whole.len() {
            let _ = capture(&whole[..length]);
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] = 0xFF;
            let _ = capture(&changed);
        }
        assert!(matches!(capture(&whole[..whole.len() - 1]), Err(CaptureError::Cut(_))));
    }
}
