//! The character sets that the language knows, by name. How they are coded stands in `adapters::charset`.

/// A character set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum Charset {
    /// UTF-8 without surrogates and overlong forms; a byte order mark is the character U+FEFF.
    #[default]
    Utf8,
    /// Bytes 00..7F.
    Ascii,
    /// ASCII and the two-byte form of GBK.
    Gbk,
    /// GB18030 with its four-byte form.
    Gb18030,
    /// EBCDIC code page 037 (USA, Canada); what the plain name `ebcdic` means.
    Cp037,
    /// EBCDIC code page 500 (international).
    Cp500,
    /// EBCDIC code page 1047 (Latin 1, open systems).
    Cp1047,
    /// EBCDIC of simplified Chinese (CCSID 935): single bytes of 836, and between shift-out and shift-in codes of 837.
    Cp935,
    /// The same with the characters of GBK and more (CCSID 1388).
    Cp1388,
}

impl Charset {
    /// Every set.
    pub const ALL: [Self; 9] = [
        Self::Utf8,
        Self::Ascii,
        Self::Gbk,
        Self::Gb18030,
        Self::Cp037,
        Self::Cp500,
        Self::Cp1047,
        Self::Cp935,
        Self::Cp1388,
    ];

    /// The names that an adapter may say, one for each set.
    pub const NAMES: [&'static str; 9] =
        ["utf8", "ascii", "gbk", "gb18030", "cp037", "cp500", "cp1047", "cp935", "cp1388"];

    /// The set of this name, or `None`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "utf8" => Self::Utf8,
            "ascii" => Self::Ascii,
            "gbk" => Self::Gbk,
            "gb18030" => Self::Gb18030,
            "cp037" | "ebcdic" => Self::Cp037,
            "cp500" => Self::Cp500,
            "cp1047" => Self::Cp1047,
            "cp935" => Self::Cp935,
            "cp1388" => Self::Cp1388,
            _ => return None,
        })
    }

    /// The set by its number ([`Charset::number`]).
    #[must_use]
    #[inline]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Its number, which small records keep.
    #[must_use]
    #[inline]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The canonical name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// True where bytes 00..7F are ASCII and never part of another character at a *leading* place.
    #[must_use]
    #[inline]
    pub const fn is_ascii_compatible(self) -> bool {
        matches!(self, Self::Ascii | Self::Utf8 | Self::Gbk | Self::Gb18030)
    }

    /// True where an ASCII byte value can be the later byte of a longer character (GBK, GB18030), so that
    /// a search for a separator must go by characters.
    #[must_use]
    #[inline]
    pub const fn hides_ascii(self) -> bool {
        matches!(self, Self::Gbk | Self::Gb18030)
    }

    /// True where a text holds shifts, and what a byte is depends on the one before it.
    #[must_use]
    #[inline]
    pub const fn has_shifts(self) -> bool {
        matches!(self, Self::Cp935 | Self::Cp1388)
    }

    /// The bytes that a text of the language takes in this set, where that is known without its tables: of Chinese
    /// characters those that every set has (U+4E00 to U+9FA5), else letters, figures and signs of ASCII.
    #[must_use]
    pub fn width_of(self, text: &str) -> Option<usize> {
        let of = |chinese: usize, shifts: usize| {
            let mut before = false;
            text.chars().try_fold(0_usize, |width, character| {
                let wide = ('\u{4E00}'..='\u{9FA5}').contains(&character);
                let turns = usize::from(wide && !before) * shifts;
                before = wide;
                match (wide, character.is_ascii()) {
                    (true, _) => Some(width + chinese + turns),
                    (_, true) => Some(width + 1),
                    _ => None,
                }
            })
        };
        match self {
            Self::Utf8 => Some(text.len()),
            Self::Gbk | Self::Gb18030 => of(2, 0),
            // A run of them stands between a shift-out and a shift-in.
            Self::Cp935 | Self::Cp1388 => of(2, 2),
            Self::Ascii | Self::Cp037 | Self::Cp500 | Self::Cp1047 => text.is_ascii().then_some(text.len()),
        }
    }

    /// The most bytes that one character takes in this set, with shifts around it alone.
    #[must_use]
    #[inline]
    pub const fn widest_character(self) -> usize {
        match self {
            Self::Utf8 | Self::Gb18030 | Self::Cp935 | Self::Cp1388 => 4,
            Self::Gbk => 2,
            Self::Ascii | Self::Cp037 | Self::Cp500 | Self::Cp1047 => 1,
        }
    }
}

/// How the letters and figures of a value are coded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Letters {
    /// In a character set.
    Set(Charset),
    /// Two figures an octet.
    Packed,
}

impl Letters {
    /// The charset in which the texts stand once they are unpacked.
    #[must_use]
    #[inline]
    pub const fn charset(self) -> Charset {
        match self {
            Self::Set(charset) => charset,
            Self::Packed => Charset::Ascii,
        }
    }
}

impl Default for Letters {
    fn default() -> Self {
        Self::Set(Charset::Utf8)
    }
}
