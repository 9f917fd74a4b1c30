//! Checksums: they find slips of the wire and of the hand, and are no seals.
//!
//! In: bytes. Out: a number. Must not know where in a message it stands or how it is written there.

/// A checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Checksum {
    /// Sum of the bytes, modulo 256.
    Sum8,
    /// Exclusive or of the bytes.
    Xor8,
    /// Sum of the bytes, modulo 65536.
    Sum16,
    /// CRC-16 with polynomial 1021, from FFFF, not reflected (the variant mostly called CCITT-FALSE).
    Crc16Ccitt,
    /// CRC-16 of Modbus: polynomial 8005 reflected, from FFFF.
    Crc16Modbus,
    /// CRC-32 of Ethernet and zip.
    Crc32,
    /// The check digit of ISO 7812 (card numbers) over ASCII digits.
    Luhn,
    /// ISO 7064 mod 97-10 over ASCII digits and letters (A is 10): the number modulo 97.
    Mod97,
}

impl Checksum {
    const NAMES: [(&'static str, Self); 8] = [
        ("sum8", Self::Sum8),
        ("xor8", Self::Xor8),
        ("sum16", Self::Sum16),
        ("crc16_ccitt", Self::Crc16Ccitt),
        ("crc16_modbus", Self::Crc16Modbus),
        ("crc32", Self::Crc32),
        ("luhn", Self::Luhn),
        ("mod97", Self::Mod97),
    ];

    /// The one of this name in the language.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, checksum)| *checksum)
    }

    /// All names, for diagnostics.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().map(|(name, _)| *name)
    }

    /// The greatest number that can come out.
    pub const fn maximum(self) -> u32 {
        match self {
            Self::Sum8 | Self::Xor8 => 0xFF,
            Self::Sum16 | Self::Crc16Ccitt | Self::Crc16Modbus => 0xFFFF,
            Self::Crc32 => u32::MAX,
            Self::Luhn => 9,
            Self::Mod97 => 96,
        }
    }
}

/// The checksum of `data`; `None` where a digit was expected (Luhn, mod 97) and something else stands.
pub fn checksum(checksum: Checksum, data: &[u8]) -> Option<u32> {
    match checksum {
        Checksum::Sum8 => Some(data.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)).into()),
        Checksum::Xor8 => Some(data.iter().fold(0_u8, |sum, byte| sum ^ byte).into()),
        Checksum::Sum16 => {
            Some(data.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte))).into())
        }
        Checksum::Crc16Ccitt => Some(data.iter().fold(0xFFFF_u16, |crc, byte| ccitt(crc, *byte)).into()),
        Checksum::Crc16Modbus => {
            Some(data.iter().fold(0xFFFF_u32, |crc, byte| reflected(crc, *byte, 0xA001)))
        }
        Checksum::Crc32 => Some(!data.iter().fold(u32::MAX, |crc, byte| reflected(crc, *byte, 0xEDB8_8320))),
        Checksum::Luhn => luhn(data),
        Checksum::Mod97 => mod97(data),
    }
}

fn ccitt(crc: u16, byte: u8) -> u16 {
    (0..8).fold(
        crc ^ (u16::from(byte) << 8),
        |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        },
    )
}

fn reflected(crc: u32, byte: u8, polynomial: u32) -> u32 {
    (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 0 { crc >> 1 } else { (crc >> 1) ^ polynomial })
}

/// The digit that, put behind these, makes the number valid.
fn luhn(data: &[u8]) -> Option<u32> {
    let mut sum = 0_u32;
    for (place, byte) in data.iter().rev().enumerate() {
        let digit = char::from(*byte).to_digit(10)?;
        let weighed = if place % 2 == 0 { digit * 2 } else { digit };
        sum = (sum + weighed / 10 + weighed % 10) % 10;
    }
    Some((10 - sum) % 10)
}

fn mod97(data: &[u8]) -> Option<u32> {
    data.iter().try_fold(0_u32, |rest, byte| {
        let value = char::from(*byte).to_digit(36)?;
        let shift = if value > 9 { 100 } else { 10 };
        Some((rest * shift + value) % 97)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_check_values_come_out() {
        let digits = b"123456789";
        for (name, value) in [
            ("crc16_ccitt", 0x29B1),
            ("crc16_modbus", 0x4B37),
            ("crc32", 0xCBF4_3926),
            ("sum8", 0xDD),
            ("sum16", 0x1DD),
            ("xor8", 0x31),
        ] {
            assert_eq!(checksum(Checksum::from_name(name).unwrap(), digits), Some(value), "{name}");
        }
        assert_eq!(checksum(Checksum::Luhn, b"7992739871"), Some(3));
        assert_eq!(checksum(Checksum::Mod97, b"3214282912345698765432161182"), Some(1));
        assert_eq!(checksum(Checksum::Mod97, b"WEST12345698765432GB82"), Some(1));
        assert_eq!(checksum(Checksum::Luhn, b"79a"), None);
        assert_eq!(checksum(Checksum::Mod97, b"12-3"), None);
    }

    #[test]
    fn nothing_exceeds_its_maximum() {
        for name in Checksum::names() {
            let kind = Checksum::from_name(name).unwrap();
            assert!(checksum(kind, b"98765432109876543210").unwrap() <= kind.maximum());
            assert!(checksum(kind, b"").unwrap() <= kind.maximum());
        }
    }
}
