//! What holds for every input: what is sealed opens again, and a turned bit is never believed.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where something is not as it should be")]

mod support;

use adapters::seal::{
    Algorithm, Asymmetric, BlockCipher, Cipher, CipherState, Cost, Digest, DigestState, Direction, HmacState,
    KeyKind, LONG_DATA, Mac, Mode, OutputLength, Padding, PreparedKey, SealError, Signature,
    cost_of_verifying, decrypt, digest, encrypt, encrypt_symmetric, hmac, mac, sign, verify, verify_mac,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use support::{key_file, seeded};

fn ciphers() -> Vec<Cipher> {
    let mut all = Vec::new();
    for block in BlockCipher::ALL {
        for mode in Mode::ALL {
            for padding in [Padding::None, Padding::Pkcs7] {
                let exists = *mode != Mode::Gcm || (block.block_length() == 16 && padding == Padding::None);
                if exists {
                    all.push(Cipher { block: *block, mode: *mode, padding });
                }
            }
        }
    }
    all
}

fn random_key(algorithm: Algorithm, pick: &Index, seed: u64) -> PreparedKey {
    let mut bytes = vec![0; *pick.get(algorithm.key_lengths())];
    seeded(seed)(&mut bytes);
    if algorithm == Algorithm::Mac(Mac::X9_9) {
        bytes.truncate(8);
    }
    PreparedKey::for_algorithm(algorithm, &bytes).unwrap()
}

fn pairs() -> [(Asymmetric, PreparedKey); 9] {
    let rsa = || key_file(KeyKind::Rsa, "weilidai-loan/bank_private.pem");
    let sm2 = || PreparedKey::generate(KeyKind::Sm2, 0, &mut seeded(7)).unwrap();
    [
        (Asymmetric::RsaPkcs1, rsa()),
        (Asymmetric::RsaPublicPkcs1, rsa()),
        (Asymmetric::RsaOaepSha1, rsa()),
        (Asymmetric::RsaOaepSha256, rsa()),
        (Asymmetric::Sm2C1C3C2, sm2()),
        (Asymmetric::Sm2C1C3C2Bare, sm2()),
        (Asymmetric::Sm2C1C2C3, sm2()),
        (Asymmetric::Sm2C1C2C3Bare, sm2()),
        (Asymmetric::Sm2Der, sm2()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_encrypted_opens_again(cipher in select(ciphers()), pick: Index, seed: u64, mut data in vec(any::<u8>(), 0..100), turned: Index) {
        let algorithm = Algorithm::Cipher(cipher);
        let key = random_key(algorithm, &pick, seed);
        let iv = vec![seed.to_le_bytes()[0]; cipher.iv_length()];
        let iv = (!iv.is_empty()).then_some(&iv[..]);
        let block = cipher.block.block_length();
        let needs_blocks = cipher.padding == Padding::None && cipher.mode != Mode::Gcm;
        if needs_blocks && !data.len().is_multiple_of(block) {
            let refused = encrypt(algorithm, &key, iv, &data, &mut seeded(1));
            let is_refused = matches!(refused, Err(SealError::NotWholeBlocks { .. }));
            prop_assert!(is_refused);
            data.truncate(data.len() / block * block);
        }
        let sealed = encrypt(algorithm, &key, iv, &data, &mut seeded(1)).unwrap();
        prop_assert_eq!(algorithm.output_length(data.len()), OutputLength::Exactly(sealed.len()));
        prop_assert_eq!(&decrypt(algorithm, &key, iv, &sealed, &mut seeded(1)).unwrap(), &data);
        if !sealed.is_empty() {
            let mut wrong = sealed.clone();
            wrong[turned.index(sealed.len())] ^= 1;
            let opened = decrypt(algorithm, &key, iv, &wrong, &mut seeded(1));
            prop_assert_ne!(opened.as_ref(), Ok(&data));
            if cipher.mode == Mode::Gcm {
                prop_assert_eq!(opened, Err(SealError::Undecipherable));
            }
        }
        let wrong_iv = vec![0; cipher.iv_length() + 1];
        let refused = encrypt(algorithm, &key, Some(&wrong_iv), &data, &mut seeded(1));
        let is_iv_error = matches!(refused, Err(SealError::IvLength { .. }));
        prop_assert!(is_iv_error);
    }

    #[test]
    fn pieces_make_the_whole(cipher in select(ciphers()), pick: Index, pieces in vec(vec(any::<u8>(), 0..40), 0..8)) {
        if cipher.mode == Mode::Gcm {
            return Ok(());
        }
        let cipher = Cipher { padding: Padding::Pkcs7, ..cipher };
        let key = random_key(Algorithm::Cipher(cipher), &pick, 5);
        let iv = vec![9; cipher.iv_length()];
        let iv = (!iv.is_empty()).then_some(&iv[..]);
        let data = pieces.concat();
        let whole = encrypt_symmetric(cipher, &key, iv, &data).unwrap();
        let mut made = Vec::new();
        let mut state = CipherState::new(cipher, &key, Direction::Encrypt, iv).unwrap();
        for piece in &pieces {
            state.update(piece, &mut made).unwrap();
        }
        state.finish(&mut made).unwrap();
        prop_assert_eq!(&made, &whole);
        let mut opened = Vec::new();
        let mut state = CipherState::new(cipher, &key, Direction::Decrypt, iv).unwrap();
        for piece in made.chunks(7) {
            state.update(piece, &mut opened).unwrap();
        }
        state.finish(&mut opened).unwrap();
        prop_assert_eq!(opened, data);
    }

    #[test]
    fn digests_by_pieces(algorithm in select(Digest::ALL), key in vec(any::<u8>(), 0..150), pieces in vec(vec(any::<u8>(), 0..90), 0..6)) {
        let (mut state, mut keyed) = (DigestState::new(algorithm), HmacState::new(algorithm, &key));
        for piece in &pieces {
            state.update(piece);
            keyed.update(piece);
        }
        prop_assert_eq!(state.finish(), digest(algorithm, &pieces.concat()));
        let tag = keyed.finish();
        prop_assert_eq!(tag.len(), algorithm.length());
        prop_assert_eq!(tag, hmac(algorithm, &key, &pieces.concat()));
    }

    #[test]
    fn a_mac_holds_for_its_text_only(algorithm in select(Mac::ALL), pick: Index, seed: u64, data in vec(any::<u8>(), 1..80), turned: Index) {
        let key = random_key(Algorithm::Mac(algorithm), &pick, seed);
        let code = mac(algorithm, &key, &data).unwrap();
        prop_assert_eq!(code.len(), algorithm.length());
        prop_assert!(verify_mac(algorithm, &key, &data, &code).is_ok());
        let mut other = data.clone();
        other[turned.index(data.len())] ^= 1;
        prop_assert_eq!(verify_mac(algorithm, &key, &other, &code), Err(SealError::SealBroken));
        let mut wrong = code.clone();
        wrong[turned.index(code.len())] ^= 1;
        prop_assert_eq!(verify_mac(algorithm, &key, &data, &wrong), Err(SealError::SealBroken));
        prop_assert!(verify_mac(algorithm, &key, &data, &[]).is_err());
    }

    #[test]
    fn garbage_is_refused_without_a_panic(cipher in select(ciphers()), data in vec(any::<u8>(), 0..70), pick: Index) {
        let key = random_key(Algorithm::Cipher(cipher), &pick, 3);
        let iv = vec![1; cipher.iv_length()];
        let _ = decrypt(Algorithm::Cipher(cipher), &key, Some(&iv).filter(|iv| !iv.is_empty()).map(Vec::as_slice), &data, &mut seeded(1));
    }
}

#[test]
fn what_takes_long_to_verify_is_known_beforehand() {
    let rsa = key_file(KeyKind::Rsa, "weilidai-loan/bank_private.pem");
    let short = key_file(KeyKind::Rsa, "zhima-credit/zmop_app_private_1024.pem");
    let sm2 = PreparedKey::generate(KeyKind::Sm2, 0, &mut seeded(1)).unwrap();
    for (algorithm, key, bytes, cost) in [
        (Signature::RsaSha256, &rsa, LONG_DATA - 1, Cost::Quick),
        (Signature::RsaPssSha256, &rsa, 1, Cost::Quick),
        (Signature::RsaSha256, &rsa, LONG_DATA, Cost::Heavy),
        (Signature::RsaMd5, &rsa, 1, Cost::Heavy),
        (Signature::RsaSha256, &short, 1, Cost::Heavy),
        (Signature::Sm2Der, &sm2, 1, Cost::Heavy),
    ] {
        assert_eq!(cost_of_verifying(algorithm, key, bytes), cost, "{algorithm:?} over {bytes} bytes");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn signatures_hold_for_their_bytes_only(data in vec(any::<u8>(), 0..60), turned: Index, seed: u64) {
        let rsa = key_file(KeyKind::Rsa, "weilidai-loan/bank_private.pem");
        let short = key_file(KeyKind::Rsa, "zhima-credit/zmop_app_private_1024.pem");
        let sm2 = PreparedKey::generate(KeyKind::Sm2, 0, &mut seeded(seed)).unwrap();
        let ec = PreparedKey::generate(KeyKind::Ec, 0, &mut seeded(seed)).unwrap();
        for algorithm in Signature::ALL.iter().copied() {
            let keys: &[&PreparedKey] = match Algorithm::Signature(algorithm).key_kind() {
                // What a certificate vouches for is judged at a moment: `seal_differential.rs`.
                Some(KeyKind::Certificate) => &[],
                Some(KeyKind::Sm2) => &[&sm2],
                Some(KeyKind::Ec) => &[&ec],
                _ => &[&rsa, &short],
            };
            for key in keys {
                let public = PreparedKey::from_der(key.kind(), &key.public_half_der().unwrap()).unwrap();
                let made = sign(algorithm, key, &data, None, &mut seeded(seed)).unwrap();
                verify(algorithm, &public, &data, &made, None).unwrap();
                let mut wrong = made.clone();
                wrong[turned.index(made.len())] ^= 1;
                prop_assert_eq!(verify(algorithm, &public, &data, &wrong, None), Err(SealError::SealBroken));
                let mut other = data.clone();
                other.push(0);
                prop_assert_eq!(verify(algorithm, &public, &other, &made, None), Err(SealError::SealBroken));
                prop_assert_eq!(verify(algorithm, &public, &data, &data, None), Err(SealError::SealBroken));
                if !matches!(key.kind(), KeyKind::Ec) {
                    prop_assert_eq!(sign(algorithm, key, &data, None, &mut seeded(seed)).unwrap(), made);
                }
            }
        }
    }

    #[test]
    fn asymmetric_ciphers_open_again(data in vec(any::<u8>(), 1..120), turned: Index, seed: u64) {
        for (algorithm, key) in pairs() {
            let name = Algorithm::Asymmetric(algorithm);
            let sealed = encrypt(name, &key, None, &data, &mut seeded(seed)).unwrap();
            prop_assert_eq!(&decrypt(name, &key, None, &sealed, &mut seeded(1)).unwrap(), &data);
            let mut wrong = sealed.clone();
            wrong[turned.index(sealed.len())] ^= 1;
            let opened = decrypt(name, &key, None, &wrong, &mut seeded(1));
            prop_assert_ne!(opened.as_ref(), Ok(&data));
            prop_assert!(decrypt(name, &key, None, &data, &mut seeded(1)).is_err());
            prop_assert!(decrypt(name, &key, None, &[], &mut seeded(1)).is_err());
        }
    }
}

#[test]
fn nothing_secret_is_printed() {
    let key = PreparedKey::symmetric(KeyKind::Sm4, &[0x5A; 16]).unwrap();
    let printed = format!("{key:?}");
    assert_eq!(printed, format!("PreparedKey(sm4 {})", key.check()));
    let error = PreparedKey::symmetric(KeyKind::Sm4, b"secret text").unwrap_err();
    assert_eq!(error.to_string(), "a key of kind sm4 has 16 bytes, not 11");
    let error = PreparedKey::from_pem(KeyKind::Rsa, "secret text").unwrap_err();
    assert!(!error.to_string().contains("secret"));
}

#[test]
fn a_block_in_several_pieces_of_rsa() {
    let key = key_file(KeyKind::Rsa, "weilidai-loan/bank_private.pem");
    for name in [Asymmetric::RsaPkcs1, Asymmetric::RsaPublicPkcs1] {
        let data: Vec<u8> = (0..=255).cycle().take(1000).collect();
        let sealed = encrypt(Algorithm::Asymmetric(name), &key, None, &data, &mut seeded(2)).unwrap();
        assert_eq!(sealed.len(), 5 * 256);
        assert_eq!(decrypt(Algorithm::Asymmetric(name), &key, None, &sealed, &mut seeded(3)).unwrap(), data);
    }
    let long = vec![0; 300];
    let refused = encrypt(Algorithm::Asymmetric(Asymmetric::RsaOaepSha1), &key, None, &long, &mut seeded(2));
    assert_eq!(refused, Err(SealError::TooLong { most: 214, found: 300 }));
}

#[test]
fn a_trimmed_cipher_opens_what_others_padded() {
    let key = PreparedKey::for_algorithm(Algorithm::Cipher(DES_TRIMMED), b"12345678").unwrap();
    let open = |sealed: &[u8]| decrypt(Algorithm::Cipher(DES_TRIMMED), &key, None, sealed, &mut seeded(1));
    let plain = Cipher { padding: Padding::None, ..DES_TRIMMED };
    for (text, padded) in [
        (&b"<root/>"[..], &b"<root/>\0"[..]),
        (b"<root/>", b"<root/>\x01"),
        (b"<r/>", b"<r/>\r\n\0\0"),
        (b"12345678", b"12345678\0\0\0\0\0\0\0\0"),
        (b"12345678", b"12345678"),
        (b"", b"\0\0\0\0\0\0\0\0"),
    ] {
        let sealed = encrypt(Algorithm::Cipher(plain), &key, None, padded, &mut seeded(1)).unwrap();
        assert_eq!(open(&sealed).unwrap(), text);
    }
    let pkcs5 = Cipher { padding: Padding::Pkcs7, ..DES_TRIMMED };
    for cipher in [pkcs5, DES_TRIMMED] {
        let sealed = encrypt(Algorithm::Cipher(cipher), &key, None, b"12345678", &mut seeded(1)).unwrap();
        assert_eq!(sealed.len(), 16);
        assert_eq!(open(&sealed).unwrap(), b"12345678");
    }
    assert_eq!(open(b"1234567"), Err(SealError::Undecipherable));
}

const DES_TRIMMED: Cipher = Cipher { block: BlockCipher::Des, mode: Mode::Ecb, padding: Padding::Trimmed };
