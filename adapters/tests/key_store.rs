//! The key file over its life, and keys as they are delivered.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where something is not as it should be")]

mod support;

use adapters::keys::{
    ImportError, KeyError, KeyFile, KeyFileError, KeyStore, KeyText, MemoryKeys, Protection, import,
};
use adapters::seal::{KeyKind, PreparedKey, Signature, sign, verify};
use std::path::PathBuf;
use support::seeded;

const FILE_KEY: [u8; 32] = [7; 32];

/// A path of its own for each test; the directory goes with the build.
fn path(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_file(&path);
    path
}

fn all_kinds() -> Vec<PreparedKey> {
    let lengths = [20, 8, 16, 32, 16, 0, 0, 0];
    KeyKind::ALL
        .iter()
        .zip(lengths)
        .map(|(kind, length)| PreparedKey::generate(*kind, length, &mut seeded(length as u64 + 3)).unwrap())
        .collect()
}

#[test]
fn keys_come_back_from_the_file() {
    let (path, protection) = (path("all.keys"), Protection::Key(&FILE_KEY));
    let mut file = KeyFile::create(&path, &protection, &mut seeded(1)).unwrap();
    for key in all_kinds() {
        file.put(key.kind().name(), key, 1_700_000_000).unwrap();
    }
    let pair = PreparedKey::generate(KeyKind::Sm2, 0, &mut seeded(9)).unwrap();
    let public = PreparedKey::from_der(KeyKind::Sm2, &pair.public_half_der().unwrap()).unwrap();
    file.put("other.side", public, 1_700_000_000).unwrap();
    file.save(&protection, &mut seeded(2)).unwrap();
    let opened = KeyFile::open(&path, &protection).unwrap();
    assert_eq!(opened.list(), file.list());
    assert_eq!(opened.list().len(), 9);
    assert!(!opened.list().iter().find(|key| key.name == "other.side").unwrap().private);
    let made =
        sign(Signature::RsaSha256, &opened.key("rsa").unwrap(), b"text", None, &mut seeded(1)).unwrap();
    verify(Signature::RsaSha256, &file.key("rsa").unwrap(), b"text", &made, None).unwrap();
    let pem = opened.public_half("rsa").unwrap();
    let given = PreparedKey::from_pem(KeyKind::Rsa, &pem).unwrap();
    assert!(!given.has_private_half());
    verify(Signature::RsaSha256, &given, b"text", &made, None).unwrap();
    assert!(opened.public_half("aes").is_err());
    let bytes = std::fs::read(&path).unwrap();
    assert!(!bytes.windows(10).any(|window| window == b"other.side"), "names are encrypted too");
}

#[test]
fn a_changed_file_is_refused() {
    let (path, protection) = (path("changed.keys"), Protection::Key(&FILE_KEY));
    let mut file = KeyFile::create(&path, &protection, &mut seeded(1)).unwrap();
    file.put("mmk", PreparedKey::symmetric(KeyKind::Sm4, &[1; 16]).unwrap(), 0).unwrap();
    file.save(&protection, &mut seeded(2)).unwrap();
    let right = std::fs::read(&path).unwrap();
    for place in 0..right.len() {
        let mut wrong = right.clone();
        wrong[place] ^= 1;
        std::fs::write(&path, &wrong).unwrap();
        assert!(KeyFile::open(&path, &protection).is_err(), "byte {place}");
        std::fs::write(&path, &right[..place]).unwrap();
        assert!(KeyFile::open(&path, &protection).is_err(), "cut at {place}");
    }
    std::fs::write(&path, &right).unwrap();
    assert!(matches!(KeyFile::open(&path, &Protection::Key(&[8; 32])), Err(KeyFileError::WrongProtection)));
    let passphrase = Protection::Passphrase("correct horse battery");
    assert!(matches!(KeyFile::open(&path, &passphrase), Err(KeyFileError::OtherProtection)));
    KeyFile::open(&path, &protection).unwrap();
    assert!(matches!(KeyFile::create(&path, &protection, &mut seeded(1)), Err(KeyFileError::File { .. })));
}

#[test]
fn a_passphrase_opens_its_file_only() {
    let path = path("passphrase.keys");
    let short = KeyFile::create(&path, &Protection::Passphrase("short"), &mut seeded(1));
    assert!(matches!(short, Err(KeyFileError::ShortPassphrase)));
    KeyFile::create(&path, &Protection::Passphrase("correct horse battery"), &mut seeded(1)).unwrap();
    KeyFile::open(&path, &Protection::Passphrase("correct horse battery")).unwrap();
    let wrong = KeyFile::open(&path, &Protection::Passphrase("correct horse batterx"));
    assert!(matches!(wrong, Err(KeyFileError::WrongProtection)));
}

#[test]
fn a_rotated_key_stays_for_checking() {
    let (path, protection) = (path("rotated.keys"), Protection::Key(&FILE_KEY));
    let mut file = KeyFile::create(&path, &protection, &mut seeded(1)).unwrap();
    let key = |byte| PreparedKey::symmetric(KeyKind::Tdes, &[byte; 16]).unwrap();
    file.put("mak", key(1), 100).unwrap();
    assert!(matches!(file.put("mak", key(2), 100), Err(KeyFileError::Taken { .. })));
    let other = PreparedKey::symmetric(KeyKind::Sm4, &[1; 16]).unwrap();
    assert!(matches!(file.rotate("mak", other, 200, 260), Err(KeyFileError::OtherKind { .. })));
    file.rotate("mak", key(2), 200, 260).unwrap();
    file.save(&protection, &mut seeded(2)).unwrap();
    let mut file = KeyFile::open(&path, &protection).unwrap();
    assert_eq!(file.key("mak").unwrap().check(), key(2).check());
    let checks = |file: &KeyFile, now| -> Vec<_> {
        file.keys_for_checking("mak", now).unwrap().iter().map(|key| key.check()).collect()
    };
    assert_eq!(checks(&file, 260), [key(2).check(), key(1).check()]);
    assert_eq!(checks(&file, 261), [key(2).check()]);
    assert_eq!((file.forget_ended(260), file.forget_ended(261)), (0, 1));
    for round in 3..30 {
        file.rotate("mak", key(round), 300, 400).unwrap();
    }
    assert_eq!(file.entry("mak").unwrap().versions.len(), 8);
    file.remove("mak").unwrap();
    assert!(matches!(file.key("mak"), Err(KeyError::Unknown { .. })));
    assert!(file.remove("mak").is_err());
}

#[test]
fn keys_as_they_are_delivered() {
    let whole = "0123456789ABCDEFFEDCBA9876543210";
    let key = import(KeyKind::Tdes, &KeyText::Hex(whole), Some("08D7B4FB")).unwrap();
    let parts = ["11111111111111112222222222222222", "1032547698BADCFEDCFE98BA54761032"];
    let joined = import(KeyKind::Tdes, &KeyText::Components(&parts), Some("08d7b4")).unwrap();
    assert_eq!(key.check(), joined.check());
    let mistyped = import(KeyKind::Tdes, &KeyText::Hex(whole), Some("08D7B5")).unwrap_err();
    assert_eq!(mistyped, ImportError::CheckValue);
    assert_eq!(import(KeyKind::Tdes, &KeyText::Hex(whole), Some("08")).unwrap_err(), ImportError::CheckValue);
    assert_eq!(
        import(KeyKind::Tdes, &KeyText::Components(&parts[..1]), None).unwrap_err(),
        ImportError::Components
    );
    assert_eq!(import(KeyKind::Tdes, &KeyText::Hex("0"), None).unwrap_err(), ImportError::NotHex);
    assert_eq!(import(KeyKind::Tdes, &KeyText::Hex("zz"), None).unwrap_err(), ImportError::NotHex);
    assert!(matches!(import(KeyKind::Sm4, &KeyText::Hex("00"), None).unwrap_err(), ImportError::Key(_)));
    let secret = import(KeyKind::Secret, &KeyText::Text("shared"), None).unwrap();
    assert_eq!(secret.symmetric_bytes(), Some(&b"shared"[..]));
}

#[test]
fn memory_keys_by_name() {
    let mut keys = MemoryKeys::new();
    keys.put("mmk", PreparedKey::symmetric(KeyKind::Sm4, &[1; 16]).unwrap()).unwrap();
    assert_eq!(keys.key("mmk").unwrap().kind(), KeyKind::Sm4);
    assert_eq!(keys.list()[0].bits, 128);
    for name in ["", "a b", "../x", &"n".repeat(65)] {
        let key = PreparedKey::symmetric(KeyKind::Sm4, &[1; 16]).unwrap();
        assert_eq!(keys.put(name, key), Err(KeyError::Name), "{name}");
    }
}

#[test]
fn halves_of_a_fresh_pair_are_of_one_pair() {
    for (kind, length, bits) in [(KeyKind::Rsa, 128, 1_024), (KeyKind::Sm2, 0, 256), (KeyKind::Ec, 0, 256)] {
        let (private, public) = PreparedKey::generate_halves(kind, length, &mut seeded(11)).unwrap();
        let private = import(kind, &KeyText::Pem(&private), None).unwrap();
        let public = import(kind, &KeyText::Pem(&public), None).unwrap();
        assert!(private.has_private_half() && !public.has_private_half(), "{kind}");
        assert_eq!(private.public_half_der(), public.public_half_der(), "{kind}");
        assert_eq!(public.bits(), bits, "{kind}");
    }
    assert!(PreparedKey::generate_halves(KeyKind::Sm4, 16, &mut seeded(1)).is_err());
}
