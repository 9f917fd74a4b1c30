//! What can go wrong with a seal, in words that hold no key and no data.

use super::{Algorithm, KeyKind};

/// Why a seal could not be made, opened or believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The algorithm takes another kind of key.
    #[error("{algorithm} takes {expected}, not a key of kind {found}")]
    WrongKey {
        /// The algorithm.
        algorithm: Algorithm,
        /// What it takes, in words.
        expected: &'static str,
        /// The kind it was given.
        found: KeyKind,
    },
    /// A key of a length its kind does not have.
    #[error("a key of kind {kind} has {expected} bytes, not {found}")]
    KeyLength {
        /// The kind.
        kind: KeyKind,
        /// The lengths it may have, in words.
        expected: &'static str,
        /// The length it was given, in bytes.
        found: usize,
    },
    /// Key material that is no key of its kind.
    #[error("this is no key of kind {kind}: {reason}")]
    MalformedKey {
        /// The kind that was expected.
        kind: KeyKind,
        /// What is wrong, without any of the material.
        reason: &'static str,
    },
    /// The private half is needed and only the public half is there.
    #[error("{algorithm} needs the private half of the key, and only the public half is here")]
    NoPrivateHalf {
        /// The algorithm.
        algorithm: Algorithm,
    },
    /// An initial value that is missing, unwanted, or of another length.
    #[error("the initial value has {expected} bytes, not {found}")]
    IvLength {
        /// Bytes expected; 0 where none is taken.
        expected: usize,
        /// Bytes given; 0 where none was.
        found: usize,
    },
    /// Data that do not fill whole blocks where nothing pads them, or none where some are needed.
    #[error("the data are {found} bytes, not a whole number of blocks of {block}")]
    NotWholeBlocks {
        /// Bytes of a block.
        block: usize,
        /// Bytes given.
        found: usize,
    },
    /// Data longer than the algorithm or its key can take.
    #[error("the data are {found} bytes, more than the {most} that fit")]
    TooLong {
        /// The most bytes.
        most: usize,
        /// Bytes given.
        found: usize,
    },
    /// Padding, tag or block is not right; which one is not said.
    #[error("the data cannot be deciphered with this key")]
    Undecipherable,
    /// The seal does not belong to these bytes under this key.
    #[error("the seal does not hold")]
    SealBroken,
    /// Encryption asked of an algorithm that is no cipher.
    #[error("{algorithm} is no cipher")]
    NotACipher {
        /// The algorithm.
        algorithm: Algorithm,
    },
    /// A stream that was used after it had ended, or whose mode cannot be streamed.
    #[error("{algorithm} cannot be done piece by piece")]
    NotStreamable {
        /// The algorithm.
        algorithm: Algorithm,
    },
    /// A user id that is too long for SM2 (8191 bytes).
    #[error("an SM2 user id has at most 8191 bytes of text")]
    UserId,
    /// The library refused an operation whose arguments had been checked.
    #[error("{algorithm} failed inside the library")]
    Library {
        /// The algorithm.
        algorithm: Algorithm,
    },
}
