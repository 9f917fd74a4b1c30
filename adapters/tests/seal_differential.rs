//! The seals against two other implementations while the tests run: the `sm-crypto` crate (test keys only,
//! with every text checked before it gets there: it does not check what it reads) and the `openssl` program,
//! both ways, over inputs that differ from case to case.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where something is not as it should be")]

mod support;

use adapters::seal::{
    Algorithm, Digest, KeyKind, Mac, Position, PreparedKey, Signature, decrypt, digest, encrypt, hmac, mac,
    sign, verify, verify_at,
};
use proptest::collection::vec;
use proptest::prelude::*;
use sm_crypto::{sm2, sm3, sm4};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use support::{hex, seeded};

const PRIVATE: &str = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
const PUBLIC: &str = "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";

fn sm2_key() -> PreparedKey {
    PreparedKey::sm2_from_raw(&support::from_hex(PRIVATE)).unwrap()
}

fn cipher(name: &str) -> Algorithm {
    Algorithm::from_name(Position::Cipher, name).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn sm3_and_sm4_agree(data in vec(any::<u8>(), 1..200), key: [u8; 16], iv: [u8; 16]) {
        prop_assert_eq!(hex(&digest(Digest::Sm3, &data)), sm3::sm3_hash(&data));
        let prepared = PreparedKey::symmetric(KeyKind::Sm4, &key).unwrap();
        let ours = encrypt(cipher("sm4_ecb_pkcs7"), &prepared, None, &data, &mut seeded(1)).unwrap();
        prop_assert_eq!(&ours, &sm4::CryptSM4ECB::new(&key).encrypt_ecb(&data));
        let ours = encrypt(cipher("sm4_cbc_pkcs7"), &prepared, Some(&iv), &data, &mut seeded(1)).unwrap();
        prop_assert_eq!(&ours, &sm4::CryptSM4CBC::new(&key, &iv).encrypt_cbc(&data));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]

    #[test]
    fn sm2_agrees_both_ways(data in vec(1..=255_u8, 1..80), seed: u64) {
        let key = sm2_key();
        let ours = sign(Signature::Sm2Der, &key, &data, None, &mut seeded(seed)).unwrap();
        prop_assert!(sm2::Verify::new(PUBLIC).verify_der(&data, &ours, true));
        let theirs = sm2::Sign::new(PRIVATE).sign_der(&data, true);
        verify(Signature::Sm2Der, &key, &data, &theirs, None).unwrap();
        // A leading zero byte would be lost by the other side: the data begin with none.
        let ours = encrypt(cipher("sm2_c1c3c2_bare"), &key, None, &data, &mut seeded(seed)).unwrap();
        prop_assert_eq!(&sm2::Decrypt::new(PRIVATE).decrypt(&ours), &data);
        let theirs = sm2::Encrypt::new(PUBLIC).encrypt(&data);
        prop_assert_eq!(&decrypt(cipher("sm2_c1c3c2_bare"), &key, None, &theirs, &mut seeded(1)).unwrap(), &data);
        let theirs = sm2::Encrypt::new(PUBLIC).encrypt_c1c2c3(&data);
        prop_assert_eq!(&decrypt(cipher("sm2_c1c2c3_bare"), &key, None, &theirs, &mut seeded(1)).unwrap(), &data);
        let theirs = sm2::Encrypt::new(PUBLIC).encrypt_asna1(&data);
        prop_assert_eq!(&decrypt(cipher("sm2_der"), &key, None, &theirs, &mut seeded(1)).unwrap(), &data);
    }
}

/// Whether the program is there. Where `CI` is set it has to be.
fn has_openssl() -> bool {
    let found = Command::new("openssl").arg("version").output().is_ok_and(|output| output.status.success());
    assert!(found || std::env::var_os("CI").is_none(), "the openssl program is needed here");
    if !found {
        eprintln!("skipped: no openssl program");
    }
    found
}

/// What `openssl` with these words makes of `input`; `None` if it refuses.
fn try_openssl(words: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut child = Command::new("openssl")
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It may end before it has read all: then its status tells.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    output.status.success().then_some(output.stdout)
}

fn openssl(words: &[&str], input: &[u8]) -> Vec<u8> {
    try_openssl(words, input).unwrap_or_else(|| panic!("openssl {words:?} failed"))
}

fn scratch(name: &str, bytes: &[u8]) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).unwrap();
    path.into_os_string().into_string().unwrap()
}

/// Inputs of many lengths, the same in every run.
fn inputs() -> Vec<Vec<u8>> {
    [1_usize, 7, 8, 15, 16, 17, 63, 64, 200]
        .iter()
        .map(|length| {
            let mut bytes = vec![0; *length];
            seeded(*length as u64 * 77)(&mut bytes);
            bytes
        })
        .collect()
}

fn random_bytes(length: usize, seed: u64) -> Vec<u8> {
    let mut bytes = vec![0; length];
    seeded(seed)(&mut bytes);
    bytes
}

#[test]
fn openssl_agrees_on_digests() {
    if !has_openssl() {
        return;
    }
    for input in inputs() {
        for algorithm in Digest::ALL {
            let option = format!("-{}", algorithm.name());
            assert_eq!(
                openssl(&["dgst", "-binary", &option], &input),
                digest(*algorithm, &input),
                "{option}"
            );
        }
        for algorithm in [Digest::Sha1, Digest::Sha256, Digest::Sha512, Digest::Sm3] {
            let option = format!("-{}", algorithm.name());
            let made =
                openssl(&["dgst", "-binary", &option, "-mac", "HMAC", "-macopt", "hexkey:0102AABB"], &input);
            assert_eq!(made, hmac(algorithm, &[1, 2, 0xAA, 0xBB], &input), "{option}");
        }
    }
}

#[test]
fn openssl_agrees_on_ciphers() {
    if !has_openssl() {
        return;
    }
    for (ours, theirs, key_length) in [
        ("aes_ecb_pkcs7", "-aes-128-ecb", 16),
        ("aes_cbc_pkcs7", "-aes-128-cbc", 16),
        ("aes_cbc_pkcs7", "-aes-192-cbc", 24),
        ("aes_cbc_pkcs7", "-aes-256-cbc", 32),
        ("tdes_ecb_pkcs5", "-des-ede", 16),
        ("tdes_cbc_pkcs5", "-des-ede-cbc", 16),
        ("tdes_ecb_pkcs5", "-des-ede3", 24),
        ("tdes_cbc_pkcs5", "-des-ede3-cbc", 24),
        ("sm4_ecb_pkcs7", "-sm4-ecb", 16),
        ("sm4_cbc_pkcs7", "-sm4-cbc", 16),
    ] {
        let algorithm = cipher(ours);
        let Algorithm::Cipher(form) = algorithm else { panic!("{ours} is a block cipher") };
        let (key, iv) = (random_bytes(key_length, 5), random_bytes(form.iv_length(), 6));
        let prepared = PreparedKey::for_algorithm(algorithm, &key).unwrap();
        let (key, iv_text) = (hex(&key), hex(&iv));
        let mut words = vec!["enc", theirs, "-K", &key];
        if !iv.is_empty() {
            words.extend(["-iv", &iv_text]);
        }
        let iv = (!iv.is_empty()).then_some(&iv[..]);
        for input in inputs() {
            let sealed = encrypt(algorithm, &prepared, iv, &input, &mut seeded(1)).unwrap();
            assert_eq!(openssl(&words, &input), sealed, "{theirs}");
            let mut open = words.clone();
            open.push("-d");
            assert_eq!(openssl(&open, &sealed), input, "{theirs}");
        }
    }
}

#[test]
fn openssl_agrees_on_cmac() {
    if !has_openssl() {
        return;
    }
    for (algorithm, theirs, length) in
        [(Mac::AesCmac, "AES-128-CBC", 16), (Mac::AesCmac, "AES-256-CBC", 32), (Mac::Sm4Cmac, "SM4-CBC", 16)]
    {
        let key = random_bytes(length, 9);
        let prepared = PreparedKey::for_algorithm(Algorithm::Mac(algorithm), &key).unwrap();
        let (key, name) = (format!("hexkey:{}", hex(&key)), format!("cipher:{theirs}"));
        for input in inputs() {
            let file = scratch(&format!("cmac-{theirs}-{}", input.len()), &input);
            let made =
                openssl(&["mac", "-binary", "-macopt", &name, "-macopt", &key, "-in", &file, "CMAC"], &[]);
            assert_eq!(made, mac(algorithm, &prepared, &input).unwrap(), "{theirs}");
        }
    }
}

#[test]
fn openssl_agrees_on_rsa_and_ecdsa() {
    if !has_openssl() {
        return;
    }
    for (kind, words) in [
        (KeyKind::Rsa, &["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"][..]),
        (KeyKind::Ec, &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"][..]),
    ] {
        let pem = openssl(words, &[]);
        let private = scratch(&format!("{kind}.pem"), &pem);
        let key = PreparedKey::from_pem(kind, std::str::from_utf8(&pem).unwrap()).unwrap();
        let public = scratch(&format!("{kind}.pub"), key.public_half_pem().unwrap().as_bytes());
        for (algorithm, theirs, options) in [
            (Signature::RsaMd5, "-md5", &[][..]),
            (Signature::RsaSha1, "-sha1", &[]),
            (Signature::RsaSha256, "-sha256", &[]),
            (Signature::RsaSha512, "-sha512", &[]),
            (
                Signature::RsaPssSha256,
                "-sha256",
                &["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"],
            ),
            (Signature::EcdsaSha256, "-sha256", &[]),
        ] {
            if Algorithm::Signature(algorithm).key_kind() != Some(kind) {
                continue;
            }
            for input in inputs() {
                let words = [&["dgst", theirs, "-sign", &private], options].concat();
                let theirs_made = openssl(&words, &input);
                verify(algorithm, &key, &input, &theirs_made, None).unwrap();
                let made = sign(algorithm, &key, &input, None, &mut seeded(1)).unwrap();
                let file = scratch(&format!("{}-{}.sig", algorithm.name(), input.len()), &made);
                let words = [&["dgst", theirs, "-verify", &public, "-signature", &file], options].concat();
                openssl(&words, &input);
            }
        }
    }
}

#[test]
fn openssl_agrees_on_encryption_to_rsa() {
    if !has_openssl() {
        return;
    }
    let pem = openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], &[]);
    let private = scratch("rsa-cipher.pem", &pem);
    let key = PreparedKey::from_pem(KeyKind::Rsa, std::str::from_utf8(&pem).unwrap()).unwrap();
    for (ours, options) in [
        ("rsa_pkcs1", &["-pkeyopt", "rsa_padding_mode:pkcs1"][..]),
        ("rsa_oaep_sha1", &["-pkeyopt", "rsa_padding_mode:oaep"]),
        ("rsa_oaep_sha256", &["-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256"]),
    ] {
        for input in inputs().into_iter().filter(|input| input.len() < 190) {
            let theirs = openssl(&[&["pkeyutl", "-encrypt", "-inkey", &private], options].concat(), &input);
            assert_eq!(decrypt(cipher(ours), &key, None, &theirs, &mut seeded(1)).unwrap(), input, "{ours}");
            let made = encrypt(cipher(ours), &key, None, &input, &mut seeded(3)).unwrap();
            assert_eq!(
                openssl(&[&["pkeyutl", "-decrypt", "-inkey", &private], options].concat(), &made),
                input
            );
        }
    }
    // The program signs nothing longer than a digest.
    for input in inputs().into_iter().filter(|input| input.len() <= 64) {
        let file = scratch(&format!("recover-{}", input.len()), &input);
        let theirs = openssl(&["pkeyutl", "-sign", "-inkey", &private, "-in", &file], &[]);
        let ours = encrypt(cipher("rsa_public_pkcs1"), &key, None, &input, &mut seeded(3)).unwrap();
        assert_eq!(ours, theirs, "a block made with the private key has no random part");
        assert_eq!(decrypt(cipher("rsa_public_pkcs1"), &key, None, &theirs, &mut seeded(1)).unwrap(), input);
    }
}

#[test]
fn openssl_agrees_on_sm2() {
    if !has_openssl() {
        return;
    }
    let Some(pem) = try_openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2"], &[])
    else {
        eprintln!("skipped: this openssl has no SM2");
        return;
    };
    let private = scratch("sm2.pem", &pem);
    let key = PreparedKey::from_pem(KeyKind::Sm2, std::str::from_utf8(&pem).unwrap()).unwrap();
    let public = scratch("sm2.pub", key.public_half_pem().unwrap().as_bytes());
    for input in inputs() {
        let file = scratch(&format!("sm2-{}", input.len()), &input);
        for (user, option) in
            [(None, "distid:1234567812345678"), (Some("someone@bank"), "distid:someone@bank")]
        {
            let common = ["-rawin", "-digest", "sm3", "-pkeyopt", option, "-in", &file];
            let theirs = openssl(&[&["pkeyutl", "-sign", "-inkey", &private], &common[..]].concat(), &[]);
            verify(Signature::Sm2Der, &key, &input, &theirs, user).unwrap();
            let ours = sign(Signature::Sm2Der, &key, &input, user, &mut seeded(4)).unwrap();
            let signature = scratch(&format!("sm2-{}.sig", input.len()), &ours);
            let words = ["pkeyutl", "-verify", "-pubin", "-inkey", &public, "-sigfile", &signature];
            openssl(&[&words[..], &common[..]].concat(), &[]);
        }
        let sealed = openssl(&["pkeyutl", "-encrypt", "-pubin", "-inkey", &public], &input);
        assert_eq!(decrypt(cipher("sm2_der"), &key, None, &sealed, &mut seeded(1)).unwrap(), input);
        let sealed = encrypt(cipher("sm2_der"), &key, None, &input, &mut seeded(8)).unwrap();
        assert_eq!(openssl(&["pkeyutl", "-decrypt", "-inkey", &private], &sealed), input);
    }
}

/// Envelopes of signatures that OpenSSL made: an own pair, the other side's certificate, one that is over.
fn envelopes() -> serde_json::Value {
    serde_json::from_str(include_str!("vectors/cms/detached.json")).unwrap()
}

fn certificate(text: &serde_json::Value) -> PreparedKey {
    PreparedKey::from_pem(KeyKind::Certificate, text.as_str().unwrap()).unwrap()
}

/// 2026-11-23 and 2017-11-23, in seconds since 1970.
const NOW: i64 = 1_795_363_200;
const BEFORE: i64 = 1_511_395_200;

#[test]
fn envelopes_are_believed_by_their_signer_alone() {
    let known = envelopes();
    let content = known["content"].as_str().unwrap().as_bytes();
    let (platform, past) = (certificate(&known["platform"]), certificate(&known["past"]));
    let judge = |name: &str, key: &PreparedKey, content: &[u8], moment: Option<i64>| {
        let envelope = support::from_hex(known["envelopes"][name].as_str().unwrap());
        let algorithm =
            if name.starts_with("sha256") { Signature::CmsRsaSha256 } else { Signature::CmsRsaSha1 };
        verify_at(algorithm, key, content, &envelope, None, moment).is_ok()
    };
    for name in ["attributes", "bare", "pkcs7", "indefinite_lengths", "sha256_by_key_identifier"] {
        assert!(judge(name, &platform, content, Some(NOW)), "{name}");
        assert!(!judge(name, &platform, b"<Result></Result>", Some(NOW)), "{name}: other content");
        assert!(!judge(name, &past, content, Some(NOW)), "{name}: the certificate of another");
        assert!(!judge(name, &platform, content, Some(BEFORE)), "{name}: not yet");
        assert!(!judge(name, &platform, content, None), "{name}: at no moment");
    }
    for name in ["stranger", "attached", "attached_in_pieces", "two_signers"] {
        assert!(!judge(name, &platform, content, Some(NOW)), "{name}");
    }
    assert!(judge("past", &past, content, Some(BEFORE)), "while it held");
    assert!(!judge("past", &past, content, Some(NOW)), "it is over");
    // The old certificate and the new one beside each other.
    let text = format!("{}{}", known["past"].as_str().unwrap(), known["platform"].as_str().unwrap());
    let both = PreparedKey::from_pem(KeyKind::Certificate, &text).unwrap();
    assert!(judge("past", &both, content, Some(BEFORE)) && judge("attributes", &both, content, Some(NOW)));
    // Every octet counts: what is changed is no envelope, or no signature.
    let whole = support::from_hex(known["envelopes"]["bare"].as_str().unwrap());
    for cut in 0..whole.len() {
        let short = whole.get(..cut).unwrap();
        assert!(
            verify_at(Signature::CmsRsaSha1, &platform, content, short, None, Some(NOW)).is_err(),
            "{cut}"
        );
    }
}

#[test]
fn openssl_agrees_on_envelopes() {
    if !has_openssl() {
        return;
    }
    let known = envelopes();
    let given = certificate(&known["bank"]);
    let (made, public) = PreparedKey::generate_halves(KeyKind::Certificate, 256, &mut seeded(11)).unwrap();
    let made = PreparedKey::from_pem(KeyKind::Certificate, &made).unwrap();
    let theirs = PreparedKey::from_pem(KeyKind::Certificate, &public).unwrap();
    assert!(given.has_private_half() && made.has_private_half() && !theirs.has_private_half());
    for (name, pair) in [("given", &given), ("made", &made)] {
        let certificate =
            scratch(&format!("{name}-certificate.pem"), pair.public_half_pem().unwrap().as_bytes());
        for input in inputs() {
            for algorithm in [Signature::CmsRsaSha1, Signature::CmsRsaSha256] {
                let envelope = sign(algorithm, pair, &input, None, &mut seeded(3)).unwrap();
                verify_at(algorithm, pair, &input, &envelope, None, Some(NOW)).unwrap();
                let content = scratch(&format!("{name}-content"), &input);
                let words = [
                    "cms",
                    "-verify",
                    "-binary",
                    "-inform",
                    "DER",
                    "-content",
                    &content,
                    "-CAfile",
                    &certificate,
                    "-purpose",
                    "any",
                ];
                assert_eq!(openssl(&words, &envelope), input);
                let other = scratch(&format!("{name}-other"), b"something else");
                let words = words.map(|word| if word == content { other.as_str() } else { word });
                assert!(try_openssl(&words, &envelope).is_none());
            }
        }
    }
    // And back: signed there by the pair that was made here.
    let (private, _) = PreparedKey::generate_halves(KeyKind::Certificate, 256, &mut seeded(11)).unwrap();
    let pair = scratch("made-pair.pem", private.as_bytes());
    for input in inputs() {
        for (algorithm, digest) in [(Signature::CmsRsaSha1, "sha1"), (Signature::CmsRsaSha256, "sha256")] {
            for attributes in [&[][..], &["-noattr"]] {
                let words = ["cms", "-sign", "-binary", "-outform", "DER", "-signer", &pair, "-md", digest];
                let envelope = openssl(&[&words[..], attributes].concat(), &input);
                verify_at(algorithm, &theirs, &input, &envelope, None, Some(NOW)).unwrap();
                assert!(verify_at(algorithm, &theirs, b"another", &envelope, None, Some(NOW)).is_err());
            }
        }
    }
}
