//! Expanded block-cipher keys: one type over the four ciphers, for ECB, CBC and single blocks.
//!
//! In: a key of the right length; buffers of whole blocks. Out: the buffers, in place. Padding, checks of
//! lengths and error messages belong to the callers; bytes beyond the last whole block stay as they are.

use super::BlockCipher;
use aes::cipher::array::Array;
use aes::cipher::{
    BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit,
};
use aes::{Aes128, Aes192, Aes256};
use des::{Des, TdesEde2, TdesEde3};
use sm4::Sm4;

/// The widest block in bytes.
pub(super) const WIDEST_BLOCK: usize = 16;

/// An expanded key; wiped when dropped.
pub(super) enum BlockKey {
    Des(Des),
    Tdes2(Box<TdesEde2>),
    Tdes3(Box<TdesEde3>),
    Aes128(Box<Aes128>),
    Aes192(Box<Aes192>),
    Aes256(Box<Aes256>),
    Sm4(Sm4),
}

/// Does the same with whatever cipher the key is for.
macro_rules! each {
    ($key:expr, $cipher:ident => $body:expr) => {
        match $key {
            BlockKey::Des($cipher) => $body,
            BlockKey::Tdes2(boxed) => {
                let $cipher = &**boxed;
                $body
            }
            BlockKey::Tdes3(boxed) => {
                let $cipher = &**boxed;
                $body
            }
            BlockKey::Aes128(boxed) => {
                let $cipher = &**boxed;
                $body
            }
            BlockKey::Aes192(boxed) => {
                let $cipher = &**boxed;
                $body
            }
            BlockKey::Aes256(boxed) => {
                let $cipher = &**boxed;
                $body
            }
            BlockKey::Sm4($cipher) => $body,
        }
    };
}

impl BlockKey {
    /// Expands a key; `None` for a length the cipher does not have.
    pub(super) fn new(cipher: BlockCipher, key: &[u8]) -> Option<Self> {
        match (cipher, key.len()) {
            (BlockCipher::Des, 8) => Des::new_from_slice(key).ok().map(Self::Des),
            (BlockCipher::Tdes, 16) => {
                TdesEde2::new_from_slice(key).ok().map(|key| Self::Tdes2(Box::new(key)))
            }
            (BlockCipher::Tdes, 24) => {
                TdesEde3::new_from_slice(key).ok().map(|key| Self::Tdes3(Box::new(key)))
            }
            (BlockCipher::Aes, 16) => Aes128::new_from_slice(key).ok().map(|key| Self::Aes128(Box::new(key))),
            (BlockCipher::Aes, 24) => Aes192::new_from_slice(key).ok().map(|key| Self::Aes192(Box::new(key))),
            (BlockCipher::Aes, 32) => Aes256::new_from_slice(key).ok().map(|key| Self::Aes256(Box::new(key))),
            (BlockCipher::Sm4, 16) => Sm4::new_from_slice(key).ok().map(Self::Sm4),
            _ => None,
        }
    }

    /// Bytes of a block.
    pub(super) const fn block_length(&self) -> usize {
        match self {
            Self::Des(_) | Self::Tdes2(_) | Self::Tdes3(_) => 8,
            Self::Aes128(_) | Self::Aes192(_) | Self::Aes256(_) | Self::Sm4(_) => 16,
        }
    }

    /// Encrypts each whole block of `data` for itself.
    pub(super) fn ecb_encrypt(&self, data: &mut [u8]) {
        each!(self, cipher => cipher.encrypt_blocks(Array::slice_as_chunks_mut(data).0));
    }

    /// Decrypts each whole block of `data` for itself.
    pub(super) fn ecb_decrypt(&self, data: &mut [u8]) {
        each!(self, cipher => cipher.decrypt_blocks(Array::slice_as_chunks_mut(data).0));
    }

    /// Encrypts the whole blocks of `data` chained from `iv`, and leaves the last block in `iv` for the next
    /// piece. False if `iv` is not one block.
    #[must_use]
    pub(super) fn cbc_encrypt(&self, iv: &mut [u8], data: &mut [u8]) -> bool {
        let done = each!(self, cipher => match cbc::Encryptor::inner_iv_slice_init(cipher, iv) {
            Ok(mut mode) => {
                mode.encrypt_blocks(Array::slice_as_chunks_mut(data).0);
                true
            }
            Err(_) => false,
        });
        if done {
            keep_last_block(iv, data);
        }
        done
    }

    /// Decrypts the whole blocks of `data` chained from `iv`, and leaves the last cipher block in `iv`.
    /// False if `iv` is not one block.
    #[must_use]
    pub(super) fn cbc_decrypt(&self, iv: &mut [u8], data: &mut [u8]) -> bool {
        let mut next = [0_u8; WIDEST_BLOCK];
        let Some(next) = next.get_mut(..iv.len()) else { return false };
        next.copy_from_slice(iv);
        keep_last_block(next, data);
        let done = each!(self, cipher => match cbc::Decryptor::inner_iv_slice_init(cipher, iv) {
            Ok(mut mode) => {
                mode.decrypt_blocks(Array::slice_as_chunks_mut(data).0);
                true
            }
            Err(_) => false,
        });
        if done {
            iv.copy_from_slice(next);
        }
        done
    }
}

/// Copies the last whole block of `data` to `block`; leaves it where there is none.
fn keep_last_block(block: &mut [u8], data: &[u8]) {
    if let Some(last) = data.chunks_exact(block.len().max(1)).next_back() {
        block.copy_from_slice(last);
    }
}
