//! The seals against values that other implementations made (`vectors/`, each file says which).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where something is not as it should be")]

mod support;

use adapters::charset::{Charset, encode};
use adapters::seal::{
    Algorithm, BlockCipher, Cipher, Digest, KeyKind, Mac, Mode, Padding, PinFormat, Position, PreparedKey,
    SealError, Signature, check_value, check_value_cmac, clear_pin_block, decrypt, decrypt_bound, digest,
    encrypt, encrypt_bound, hmac, mac, mac_with_iv, pin_from_block, sign, verify, verify_mac,
};
use serde_json::Value;
use support::{base64, counter, folder, from_base64, from_hex, hex, hex_upper, json, key_file, text};

fn entries(file: &str) -> Vec<Value> {
    json(&format!("mac/{file}.json")).as_array().unwrap().clone()
}

fn input(entry: &Value, name: &str) -> Vec<u8> {
    from_hex(text(&entry["inputs"][name]))
}

fn key(entry: &Value, name: &str, algorithm: Mac) -> PreparedKey {
    PreparedKey::for_algorithm(Algorithm::Mac(algorithm), &input(entry, name)).unwrap()
}

/// Checks a code and that it is believed whole, cut to 4 bytes, and not with a bit turned.
fn check_mac(algorithm: Mac, key: &PreparedKey, message: &[u8], expected: &str) {
    let code = mac(algorithm, key, message).unwrap();
    assert_eq!(hex_upper(&code), expected, "{algorithm:?}");
    verify_mac(algorithm, key, message, &code).unwrap();
    verify_mac(algorithm, key, message, &code[..4]).unwrap();
    let mut wrong = code.clone();
    wrong[0] ^= 1;
    assert_eq!(verify_mac(algorithm, key, message, &wrong), Err(SealError::SealBroken));
    assert_eq!(verify_mac(algorithm, key, message, &code[..3]), Err(SealError::SealBroken));
}

#[test]
fn des_macs() {
    for entry in entries("x9_9") {
        check_mac(
            Mac::X9_9,
            &key(&entry, "key", Mac::X9_9),
            &input(&entry, "message"),
            text(&entry["output"]["mac8"]),
        );
    }
    for entry in entries("tdes_cbc_mac") {
        let key = key(&entry, "key", Mac::TdesCbc);
        check_mac(Mac::TdesCbc, &key, &input(&entry, "message"), text(&entry["output"]["mac8"]));
    }
    for entry in entries("x9_19") {
        let (key, message) = (key(&entry, "key", Mac::X9_19), input(&entry, "message"));
        let expected = text(&entry["output"]["mac8"]);
        if entry["inputs"]["padding"] == "zero" {
            check_mac(Mac::X9_19, &key, &message, expected);
        } else {
            assert_eq!(hex_upper(&mac(Mac::Pboc, &key, &message).unwrap()), expected[..8]);
        }
    }
}

#[test]
fn cups_macs() {
    let mut seen = 0;
    for entry in entries("cups_ecb_mac") {
        let key = key(&entry, "key", Mac::CupsEcb);
        let code = mac(Mac::CupsEcb, &key, &input(&entry, "message")).unwrap();
        assert_eq!(code, text(&entry["output"]["mac_ascii8"]).as_bytes(), "{}", entry["what"]);
        verify_mac(Mac::CupsEcb, &key, &input(&entry, "message"), &code).unwrap();
        match mac(Mac::CupsEcbDouble, &key, &input(&entry, "message")) {
            Ok(double) => assert_eq!((double, key.kind()), (code, KeyKind::Tdes)),
            Err(_) => assert_eq!(key.kind(), KeyKind::Des),
        }
        seen += 1;
    }
    assert!(seen > 5);
}

#[test]
fn pboc_macs() {
    let mut seen = 0;
    for entry in entries("pboc_3des_mac").iter().filter(|entry| entry["inputs"]["iv"].is_string()) {
        let (iv, message) = (input(entry, "iv"), input(entry, "message"));
        for (name, output) in [("key_single", "single_des_mac4"), ("key_double", "triple_des_mac4")] {
            let code = mac_with_iv(Mac::Pboc, &key(entry, name, Mac::Pboc), Some(&iv), &message).unwrap();
            assert_eq!(hex_upper(&code), text(&entry["output"][output]), "{}", entry["what"]);
            seen += 1;
        }
    }
    assert!(seen > 5);
}

#[test]
fn pboc_keys() {
    let tdes = named_cipher("tdes_ecb");
    let mut seen = 0;
    for entry in entries("pboc_3des_mac").iter().filter(|entry| entry["inputs"]["key"].is_string()) {
        let key = PreparedKey::for_algorithm(tdes, &input(entry, "key")).unwrap();
        let (data, expected) = match entry["inputs"]["factor"].as_str() {
            Some(factor) => {
                let factor = from_hex(factor);
                let inverted: Vec<u8> = factor.iter().map(|byte| !byte).collect();
                ([factor, inverted].concat(), &entry["output"])
            }
            None => (input(entry, "data"), &entry["output"]),
        };
        let made = hex_upper(&encrypt(tdes, &key, None, &data, &mut counter()).unwrap());
        let values = expected.as_object().unwrap();
        assert!(values.values().any(|value| value == &made), "{} {made}", entry["what"]);
        seen += 1;
    }
    assert_eq!(seen, 2);
}

#[test]
fn sm4_and_aes_macs() {
    for entry in entries("sm4_cbc_mac").iter().filter(|entry| entry["inputs"]["message"].is_string()) {
        let (key, message) = (key(entry, "key", Mac::Sm4Cbc), input(entry, "message"));
        match entry["inputs"]["padding"].as_str() {
            Some("zero") => check_mac(Mac::Sm4Cbc, &key, &message, text(&entry["output"]["mac16"])),
            Some(_) => check_mac(Mac::Sm4CbcMarked, &key, &message, text(&entry["output"]["mac16"])),
            None => {
                let output = entry["output"].as_object().unwrap().values().next().unwrap();
                let code = mac(Mac::CupsEcbSm4, &key, &message).unwrap();
                assert_eq!(String::from_utf8(code).unwrap(), text(output), "{}", entry["what"]);
            }
        }
    }
    for (file, algorithm) in [("sm4_cmac", Mac::Sm4Cmac), ("aes_cmac", Mac::AesCmac)] {
        for entry in entries(file) {
            let key = key(&entry, "key", algorithm);
            check_mac(algorithm, &key, &input(&entry, "message"), text(&entry["output"]["mac16"]));
        }
    }
}

#[test]
fn a_mac_takes_only_its_own_keys() {
    let double =
        PreparedKey::symmetric(KeyKind::Tdes, &from_hex("0123456789ABCDEFFEDCBA9876543210")).unwrap();
    assert!(matches!(mac(Mac::X9_9, &double, b"x"), Err(SealError::WrongKey { .. })));
    let single = PreparedKey::symmetric(KeyKind::Des, &from_hex("0123456789ABCDEF")).unwrap();
    for padded in ["0123456789ABCDEF0000000000000000", "0123456789ABCDEF0123456789ABCDEF"] {
        let delivered = PreparedKey::symmetric(KeyKind::Tdes, &from_hex(padded)).unwrap();
        assert_eq!(mac(Mac::X9_9, &delivered, b"text"), mac(Mac::X9_9, &single, b"text"));
    }
    assert!(matches!(mac(Mac::X9_19, &single, b"x"), Err(SealError::WrongKey { .. })));
    assert!(matches!(mac(Mac::AesCmac, &single, b"x"), Err(SealError::WrongKey { .. })));
}

#[test]
fn key_check_values() {
    for entry in entries("kcv") {
        let what = text(&entry["what"]);
        let Some(bytes) = entry["inputs"]["key"].as_str().map(from_hex) else { continue };
        let kind = if what.contains("SM4") {
            KeyKind::Sm4
        } else if what.contains("AES") {
            KeyKind::Aes
        } else if bytes.len() == 8 {
            KeyKind::Des
        } else {
            KeyKind::Tdes
        };
        let key = PreparedKey::symmetric(kind, &bytes).unwrap();
        if let Some(expected) = entry["output"]["kcv5"].as_str() {
            assert_eq!(hex_upper(&check_value_cmac(5, &key).unwrap()), expected);
        }
        for (name, length) in [("kcv3", 3), ("kcv4", 4), ("kcv8", 8)] {
            if let Some(expected) = entry["output"][name].as_str() {
                assert_eq!(hex_upper(&check_value(length, &key).unwrap()), expected, "{what}");
            }
        }
    }
}

#[test]
fn pin_blocks() {
    let mut seen = 0;
    for entry in entries("pin_block") {
        let what = text(&entry["what"]);
        let Some(expected) = entry["output"]["block"].as_str().filter(|block| block.len() == 16) else {
            continue;
        };
        let (Some(pin), number) =
            (entry["inputs"]["pin"].as_str(), entry["inputs"]["pan"].as_str().unwrap_or_default())
        else {
            continue;
        };
        let format = if what.contains("without a card number") {
            PinFormat::WithoutNumber
        } else if what.contains("format 0") {
            PinFormat::Iso0
        } else if what.contains("format 3") {
            PinFormat::Iso3
        } else {
            continue;
        };
        let mut zeros = |bytes: &mut [u8]| bytes.fill(0);
        let block = clear_pin_block(format, pin, number, &mut zeros).unwrap();
        assert_eq!(hex_upper(&*block), expected, "{what}");
        assert_eq!(*pin_from_block(format, &block, number).unwrap(), pin);
        if let Some(encrypted) = entry["output"]["encrypted_3des"].as_str() {
            let key = PreparedKey::symmetric(KeyKind::Tdes, &input(&entry, "key")).unwrap();
            let algorithm = Algorithm::from_name(Position::Cipher, "tdes_ecb").unwrap();
            assert_eq!(
                hex_upper(&encrypt(algorithm, &key, None, &*block, &mut counter()).unwrap()),
                encrypted
            );
        }
        seen += 1;
    }
    assert_eq!(seen, 15);
}

#[test]
fn sm3_and_its_hmac() {
    let vector = json("sm/sm3.json");
    for (input, output) in
        vector["inputs"]["texts"].as_array().unwrap().iter().zip(vector["output"].as_array().unwrap())
    {
        assert_eq!(hex(&digest(Digest::Sm3, text(input).as_bytes())), text(output));
    }
    let vector = json("sm/sm3-hmac.json");
    let key = from_hex(text(&vector["inputs"]["key_hex"]));
    assert_eq!(
        hex(&hmac(Digest::Sm3, &key, text(&vector["inputs"]["text"]).as_bytes())),
        text(&vector["output"])
    );
}

#[test]
fn sm4_ciphers() {
    for (file, mode) in [("sm4-ecb-pkcs7", Mode::Ecb), ("sm4-cbc-pkcs7", Mode::Cbc)] {
        let vector = json(&format!("sm/{file}.json"));
        let key =
            PreparedKey::symmetric(KeyKind::Sm4, &from_hex(text(&vector["inputs"]["key_hex"]))).unwrap();
        let iv = vector["inputs"]["iv_hex"].as_str().map(from_hex);
        let cipher = Cipher { block: BlockCipher::Sm4, mode, padding: Padding::Pkcs7 };
        let plain = text(&vector["inputs"]["plain"]).as_bytes();
        check_cipher(
            Algorithm::Cipher(cipher),
            &key,
            iv.as_deref(),
            plain,
            &from_hex(text(&vector["output"])),
        );
    }
    let vector = json("sm/sm4-block.json");
    let key = PreparedKey::symmetric(KeyKind::Sm4, &from_hex(text(&vector["inputs"]["key_hex"]))).unwrap();
    let block = from_hex(text(&vector["inputs"]["block_hex"]));
    let algorithm = Algorithm::from_name(Position::Cipher, "sm4_ecb").unwrap();
    check_cipher(algorithm, &key, None, &block, &from_hex(text(&vector["output"])));
}

fn check_cipher(algorithm: Algorithm, key: &PreparedKey, iv: Option<&[u8]>, plain: &[u8], sealed: &[u8]) {
    assert_eq!(hex(&encrypt(algorithm, key, iv, plain, &mut counter()).unwrap()), hex(sealed), "{algorithm}");
    assert_eq!(decrypt(algorithm, key, iv, sealed, &mut counter()).unwrap(), plain, "{algorithm}");
}

fn named_cipher(name: &str) -> Algorithm {
    Algorithm::from_name(Position::Cipher, name).unwrap()
}

#[test]
fn sm2_signatures() {
    for (file, der) in [("sm2-sign", None), ("sm2-sign-smcrypto", Some("der"))] {
        let vector = json(&format!("sm/{file}.json"));
        let inputs = &vector["inputs"];
        let public =
            PreparedKey::sm2_from_raw(&from_hex(text(&inputs["public_key_hex_without_04"]))).unwrap();
        let private = PreparedKey::sm2_from_raw(&from_hex(text(&inputs["private_key_hex"]))).unwrap();
        assert_eq!(public.check(), private.check(), "the public half belongs to the private one");
        let (data, user) = (text(&inputs["text"]).as_bytes(), Some(text(&inputs["user_id"])));
        let raw = vector["output"].as_str().unwrap_or_else(|| text(&vector["output"]["raw"]));
        verify(Signature::Sm2Raw, &public, data, &from_hex(raw), user).unwrap();
        verify(Signature::Sm2Raw, &public, data, &from_hex(raw), None).unwrap();
        assert!(verify(Signature::Sm2Raw, &public, data, &from_hex(raw), Some("another")).is_err());
        if let Some(name) = der {
            verify(Signature::Sm2Der, &public, data, &from_hex(text(&vector["output"][name])), user).unwrap();
        }
        let own = sign(Signature::Sm2Der, &private, data, Some("someone"), &mut counter()).unwrap();
        verify(Signature::Sm2Der, &public, data, &own, Some("someone")).unwrap();
        assert!(matches!(
            sign(Signature::Sm2Raw, &public, data, None, &mut counter()),
            Err(SealError::NoPrivateHalf { .. })
        ));
    }
}

#[test]
fn sm2_decryption() {
    for (file, name) in
        [("sm2-encrypt-c1c3c2", "sm2_c1c3c2_bare"), ("sm2-encrypt-smcrypto", "sm2_c1c3c2_bare")]
    {
        let vector = json(&format!("sm/{file}.json"));
        let private =
            PreparedKey::sm2_from_raw(&from_hex(text(&vector["inputs"]["private_key_hex"]))).unwrap();
        let sealed = from_hex(text(&vector["output"]));
        let plain = text(&vector["inputs"]["plain"]).as_bytes();
        let expected_length = 96 + plain.len();
        let sealed_bare = if sealed.len() == expected_length { sealed } else { sealed[1..].to_vec() };
        assert_eq!(decrypt(named_cipher(name), &private, None, &sealed_bare, &mut counter()).unwrap(), plain);
        for place in [0, 70, 100] {
            let mut wrong = sealed_bare.clone();
            wrong[place] ^= 1;
            assert!(decrypt(named_cipher(name), &private, None, &wrong, &mut counter()).is_err());
        }
    }
}

/// A signature that a party made: we make the same bytes, believe it, and do not believe it for other bytes.
fn check_rsa(
    algorithm: Signature,
    private: Option<&PreparedKey>,
    public: &PreparedKey,
    data: &str,
    expected: &str,
) {
    if let Some(private) = private {
        let made = sign(algorithm, private, data.as_bytes(), None, &mut counter()).unwrap();
        assert_eq!(base64(&made), expected);
        verify(algorithm, private, data.as_bytes(), &made, None).unwrap();
    }
    let signature = from_base64(expected);
    verify(algorithm, public, data.as_bytes(), &signature, None).unwrap();
    let tampered = format!("{data} ");
    assert_eq!(verify(algorithm, public, tampered.as_bytes(), &signature, None), Err(SealError::SealBroken));
}

#[test]
fn open_platform_signatures() {
    let app = key_file(KeyKind::Rsa, "zhima-credit/app_private_pkcs1.pem");
    let same = key_file(KeyKind::Rsa, "zhima-credit/app_private_pkcs8.pem");
    let app_public = key_file(KeyKind::Rsa, "zhima-credit/app_public.pem");
    let platform_public = key_file(KeyKind::Rsa, "zhima-credit/platform_public.pem");
    assert_eq!((app.check(), app.check()), (same.check(), app_public.check()));
    let mut seen = 0;
    for (name, vector) in folder("zhima-credit").into_iter().chain(folder("jiebei-loan")) {
        let Some(signature) = vector["output"]["sign"].as_str() else { continue };
        if name.starts_with("zmop") {
            continue;
        }
        let data = text(&vector["canonical"]);
        let algorithm = match vector["inputs"]["sign_type"].as_str() {
            Some("RSA") => Signature::RsaSha1,
            _ => Signature::RsaSha256,
        };
        if vector["inputs"]["private_key"].is_string() {
            check_rsa(algorithm, Some(&app), &app_public, data, signature);
        } else {
            check_rsa(algorithm, None, &platform_public, data, signature);
        }
        seen += 1;
    }
    assert!(seen >= 9, "{seen}");
}

#[test]
fn open_platform_content_cipher() {
    let vector = json("zhima-credit/alipay-aes.json");
    let key =
        PreparedKey::symmetric(KeyKind::Aes, &from_base64(text(&vector["inputs"]["key_base64"]))).unwrap();
    let plain = text(&vector["inputs"]["plain"]).as_bytes();
    let sealed = from_base64(text(&vector["output"]));
    check_cipher(named_cipher("aes_cbc_pkcs5"), &key, Some(&[0; 16]), plain, &sealed);
}

#[test]
fn associated_data() {
    let vector = json("wechat-pay/aes-256-gcm-notice.json");
    let given = |name: &str| text(&vector["inputs"][name]).as_bytes();
    let key = PreparedKey::symmetric(KeyKind::Aes, given("key")).unwrap();
    let (nonce, bound, plain) = (given("nonce"), given("associated_data"), given("plain"));
    let gcm = named_cipher("aes_gcm");
    for (bound, sealed) in [(Some(bound), "ciphertext"), (None, "ciphertext_without_associated_data")] {
        let sealed = from_base64(text(&vector["output"][sealed]));
        assert_eq!(
            encrypt_bound(gcm, &key, Some(nonce), bound, plain, &mut counter()).unwrap(),
            sealed,
            "{bound:?}"
        );
        let open =
            |bound: Option<&[u8]>| decrypt_bound(gcm, &key, Some(nonce), bound, &sealed, &mut counter());
        assert_eq!(open(bound).unwrap(), plain);
        assert_eq!(open(Some(b"refund")), Err(SealError::Undecipherable), "other data were bound");
    }
    for name in ["aes_cbc_pkcs7", "aes_ecb_pkcs7", "rsa_pkcs1"] {
        let refused = encrypt_bound(named_cipher(name), &key, None, Some(bound), plain, &mut counter());
        assert!(matches!(refused, Err(SealError::NotACipher { .. })), "{name} binds nothing");
    }
}

#[test]
fn short_rsa_keys_in_blocks() {
    let app = key_file(KeyKind::Rsa, "zhima-credit/zmop_app_private_1024.pem");
    let app_public = key_file(KeyKind::Rsa, "zhima-credit/zmop_app_public_1024.pem");
    let platform = key_file(KeyKind::Rsa, "zhima-credit/zmop_platform_private_1024.pem");
    let platform_public = key_file(KeyKind::Rsa, "zhima-credit/zmop_platform_public_1024.pem");
    let request = json("zhima-credit/zmop-request.json");
    let canonical = text(&request["canonical"]);
    check_rsa(Signature::RsaSha1, Some(&app), &app_public, canonical, text(&request["output"]["sign"]));
    let sealed = from_base64(text(&request["output"]["params"]));
    assert_eq!(sealed.len(), 256, "two blocks");
    let algorithm = named_cipher("rsa_pkcs1");
    assert_eq!(decrypt(algorithm, &platform, None, &sealed, &mut counter()).unwrap(), canonical.as_bytes());
    let again = encrypt(algorithm, &platform_public, None, canonical.as_bytes(), &mut counter()).unwrap();
    assert_eq!(decrypt(algorithm, &platform, None, &again, &mut counter()).unwrap(), canonical.as_bytes());

    let reply = json("zhima-credit/zmop-reply.json");
    let body: Value = serde_json::from_str(text(&reply["inputs"]["body"])).unwrap();
    let plain =
        decrypt(algorithm, &app, None, &from_base64(text(&body["biz_response"])), &mut counter()).unwrap();
    assert_eq!(plain, text(&reply["canonical"]).as_bytes());
    let signature = from_base64(text(&body["biz_response_sign"]));
    verify(Signature::RsaSha1, &platform_public, &plain, &signature, None).unwrap();
}

#[test]
fn cloud_signature_chain() {
    let vector = json("tencent-antifraud/tc3-describe-antifraud.json");
    let (inputs, output) = (&vector["inputs"], &vector["output"]);
    assert_eq!(
        hex(&digest(Digest::Sha256, text(&inputs["body"]).as_bytes())),
        text(&vector["canonical"]).lines().last().unwrap()
    );
    let to_sign = text(&output["string_to_sign"]);
    assert_eq!(
        hex(&digest(Digest::Sha256, text(&vector["canonical"]).as_bytes())),
        to_sign.lines().last().unwrap()
    );
    let secret = format!("TC3{}", text(&inputs["secret_key"]));
    let scope: Vec<&str> = to_sign.lines().nth(2).unwrap().split('/').collect();
    let day = hmac(Digest::Sha256, secret.as_bytes(), scope[0].as_bytes());
    assert_eq!(hex(&day), text(&output["k_date_hex"]));
    let service = hmac(Digest::Sha256, &day, scope[1].as_bytes());
    assert_eq!(hex(&service), text(&output["k_service_hex"]));
    let signing = hmac(Digest::Sha256, &service, scope[2].as_bytes());
    assert_eq!(hex(&signing), text(&output["k_signing_hex"]));
    assert_eq!(hex(&hmac(Digest::Sha256, &signing, to_sign.as_bytes())), text(&output["signature"]));
}

#[test]
fn cloud_parameter_signatures() {
    let mut seen = 0;
    for (name, vector) in folder("tencent-antifraud") {
        let digest = if name.contains("hmacsha1-") {
            Digest::Sha1
        } else if name.contains("hmacsha256-") {
            Digest::Sha256
        } else {
            continue;
        };
        let key = text(&vector["inputs"]["secret_key"]).as_bytes();
        let made = hmac(digest, key, text(&vector["canonical"]).as_bytes());
        assert_eq!(base64(&made), text(&vector["output"]["signature"]), "{name}");
        seen += 1;
    }
    assert_eq!(seen, 6);
    let vector = json("tencent-antifraud/crypto-filter-aes-ecb.json");
    let key = PreparedKey::symmetric(KeyKind::Aes, text(&vector["inputs"]["key_ascii"]).as_bytes()).unwrap();
    let sealed = from_base64(text(&vector["output"]));
    check_cipher(named_cipher("aes_ecb_pkcs7"), &key, None, text(&vector["canonical"]).as_bytes(), &sealed);
}

#[test]
fn sorted_and_hashed() {
    for (name, vector) in folder("webank-gold") {
        let mut values: Vec<&str> =
            vector["inputs"]["values"].as_object().unwrap().values().map(text).collect();
        values.sort_unstable();
        assert_eq!(values.concat(), text(&vector["canonical"]), "{name}");
        let made = digest(Digest::Sha1, values.concat().as_bytes());
        assert_eq!(hex_upper(&made), text(&vector["output"]), "{name}");
    }
}

#[test]
fn envelope_with_wrapped_key() {
    let vector = json("weilidai-loan/envelope-request.json");
    let fields = &vector["inputs"]["fields"];
    let bank = key_file(KeyKind::Rsa, "weilidai-loan/bank_private.pem");
    let partner = key_file(KeyKind::Rsa, "weilidai-loan/webank_private.pem");
    let partner_public = key_file(KeyKind::Rsa, "weilidai-loan/webank_public.pem");
    let wrapped = from_base64(text(&fields["encKey"]));
    let opened = decrypt(named_cipher("rsa_pkcs1"), &bank, None, &wrapped, &mut counter()).unwrap();
    let (key, iv) = opened.split_at(16);
    assert_eq!(
        (hex(key), hex(iv)),
        (text(&vector["inputs"]["aes_key_hex"]).into(), text(&vector["inputs"]["iv_hex"]).into())
    );
    let key = PreparedKey::for_algorithm(named_cipher("aes_cbc_pkcs7"), key).unwrap();
    let sealed = from_base64(text(&fields["data"]));
    check_cipher(
        named_cipher("aes_cbc_pkcs7"),
        &key,
        Some(iv),
        text(&vector["inputs"]["plain"]).as_bytes(),
        &sealed,
    );
    let (canonical, signature) = (text(&vector["canonical"]), text(&vector["output"]["sign"]));
    check_rsa(Signature::RsaSha256, Some(&partner), &partner_public, canonical, signature);

    let vector = json("weilidai-loan/sign-raw-body.json");
    let public = key_file(KeyKind::Rsa, "weilidai-loan/bank_public.pem");
    check_rsa(
        Signature::RsaSha256,
        Some(&bank),
        &public,
        text(&vector["canonical"]),
        text(&vector["output"]),
    );
    let vector = json("weilidai-loan/file-digest.json");
    let file = support::bytes("weilidai-loan/WLD_LOAN_DRCB_20190304.txt");
    assert_eq!(hex(&digest(Digest::Md5, &file)), text(&vector["output"]["md5"]));
    assert_eq!(hex(&digest(Digest::Sha256, &file)), text(&vector["output"]["sha256"]));
}

#[test]
fn topup_signatures() {
    let private = key_file(KeyKind::Rsa, "hanyin-topup/merchant_private_pkcs8.pem");
    let public = key_file(KeyKind::Rsa, "hanyin-topup/merchant_public.pem");
    for (file, algorithm) in
        [("rsa-sha1-sorted", Signature::RsaSha1), ("rsa-sha256-sorted", Signature::RsaSha256)]
    {
        let vector = json(&format!("hanyin-topup/{file}.json"));
        check_rsa(algorithm, Some(&private), &public, text(&vector["canonical"]), text(&vector["output"]));
    }
    for (name, vector) in folder("hanyin-topup").into_iter().filter(|(name, _)| name.starts_with("md5")) {
        let canonical = text(&vector["canonical"]);
        let utf8 = vector["output"].as_str().unwrap_or_else(|| text(&vector["output"]["utf8"]));
        assert_eq!(hex_upper(&digest(Digest::Md5, canonical.as_bytes())), utf8, "{name}");
        if let Some(gbk) = vector["output"]["gbk"].as_str() {
            let bytes = encode(Charset::Gbk, canonical).unwrap();
            assert_eq!(hex_upper(&digest(Digest::Md5, &bytes)), gbk);
        }
    }
    for (name, vector) in folder("data-topup") {
        let algorithm = if name.starts_with("sha1") { Digest::Sha1 } else { Digest::Md5 };
        assert_eq!(
            hex(&digest(algorithm, text(&vector["canonical"]).as_bytes())),
            text(&vector["output"]),
            "{name}"
        );
    }
}

#[test]
fn coupon_ciphers() {
    for (file, kind, name) in [
        ("3des-ecb-md5", KeyKind::Tdes, "tdes_ecb_pkcs5"),
        ("aes-cbc-md5", KeyKind::Aes, "aes_cbc_pkcs7"),
        ("aes-ecb-md5", KeyKind::Aes, "aes_ecb_pkcs7"),
        ("des-ecb-md5", KeyKind::Des, "des_ecb_pkcs5"),
    ] {
        let vector = json(&format!("coupon/{file}.json"));
        let inputs = &vector["inputs"];
        let key = PreparedKey::symmetric(kind, text(&inputs["key_ascii"]).as_bytes()).unwrap();
        let iv = inputs["iv_ascii"].as_str().map(str::as_bytes);
        let sealed = from_hex(text(&vector["output"]["data_hex"]));
        check_cipher(named_cipher(name), &key, iv, text(&inputs["plain"]).as_bytes(), &sealed);
        let made = digest(Digest::Md5, text(&vector["canonical"]).as_bytes());
        assert_eq!(hex_upper(&made), text(&vector["output"]["sign"]));
    }
}
