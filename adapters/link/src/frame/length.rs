//! Lengths on the wire: digits, packed digits, binary numbers.

/// How a length is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LengthCode {
    /// ASCII digits, one a byte.
    Digits,
    /// ASCII digits on the left, blanks behind them.
    Blanks,
    /// Packed digits, two a byte.
    Bcd,
    /// Binary, most significant byte first.
    BigEndian,
    /// Binary, least significant byte first.
    LittleEndian,
}

/// A length of fixed size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LengthField {
    /// How it is written.
    pub code: LengthCode,
    /// Its bytes, 1 to 8 (digits: 1 to 18).
    pub size: usize,
}

impl LengthField {
    /// What the field needs, if it cannot work.
    pub(super) fn wrong(self) -> Option<&'static str> {
        match self.code {
            LengthCode::Digits | LengthCode::Blanks if !(1..=18).contains(&self.size) => {
                Some("1 to 18 digits")
            }
            LengthCode::Digits | LengthCode::Blanks => None,
            _ if !(1..=8).contains(&self.size) => Some("a length of 1 to 8 bytes"),
            _ => None,
        }
    }

    /// How it is written, for errors.
    pub(super) fn expected(self) -> &'static str {
        match self.code {
            LengthCode::Digits => "digits",
            LengthCode::Blanks => "digits and blanks behind",
            LengthCode::Bcd => "packed digits",
            LengthCode::BigEndian | LengthCode::LittleEndian => "a binary number",
        }
    }

    /// The largest number that it can say.
    pub(super) fn most(self) -> u64 {
        let size = u32::try_from(self.size).unwrap_or(u32::MAX);
        match self.code {
            LengthCode::Digits | LengthCode::Blanks => 10_u64.saturating_pow(size) - 1,
            LengthCode::Bcd => 10_u64.saturating_pow(size.saturating_mul(2)) - 1,
            LengthCode::BigEndian | LengthCode::LittleEndian => {
                256_u64.checked_pow(size).map_or(u64::MAX, |all| all - 1)
            }
        }
    }

    /// Reads the number; `None` if it is not written as it should be.
    pub(super) fn read(self, bytes: &[u8]) -> Option<u64> {
        match self.code {
            LengthCode::Digits => digits(bytes),
            LengthCode::Blanks => digits(without_blanks(bytes)),
            LengthCode::Bcd => bytes.iter().try_fold(0_u64, |number, byte| {
                let (high, low) = (byte >> 4, byte & 15);
                let digits = (high < 10 && low < 10).then(|| u64::from(high) * 10 + u64::from(low))?;
                number.checked_mul(100)?.checked_add(digits)
            }),
            LengthCode::BigEndian => {
                Some(bytes.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte)))
            }
            LengthCode::LittleEndian => {
                Some(bytes.iter().rev().fold(0, |number, byte| (number << 8) | u64::from(*byte)))
            }
        }
    }

    /// Writes the number into `room`, which has the field's size; the number is no larger than [`Self::most`].
    pub(super) fn write(self, mut number: u64, room: &mut [u8]) {
        match self.code {
            LengthCode::Blanks => {
                let text = number.to_string();
                for (place, byte) in room.iter_mut().zip(text.bytes().chain(std::iter::repeat(b' '))) {
                    *place = byte;
                }
            }
            LengthCode::Digits => {
                for place in room.iter_mut().rev() {
                    *place = b'0' + low(number % 10);
                    number /= 10;
                }
            }
            LengthCode::Bcd => {
                for place in room.iter_mut().rev() {
                    let pair = low(number % 100);
                    *place = (pair / 10) << 4 | (pair % 10);
                    number /= 100;
                }
            }
            LengthCode::BigEndian => {
                for place in room.iter_mut().rev() {
                    *place = low(number & 255);
                    number >>= 8;
                }
            }
            LengthCode::LittleEndian => {
                for place in room.iter_mut() {
                    *place = low(number & 255);
                    number >>= 8;
                }
            }
        }
    }
}

/// Without the blanks at the end.
fn without_blanks(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
    bytes.get(..end).unwrap_or_default()
}

/// A decimal number in ASCII digits; `None` for anything else, also for none at all.
pub(super) fn digits(bytes: &[u8]) -> Option<u64> {
    if bytes.is_empty() {
        return None;
    }
    bytes.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

fn low(number: u64) -> u8 {
    number.to_le_bytes()[0]
}
