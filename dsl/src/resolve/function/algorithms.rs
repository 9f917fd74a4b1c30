//! The names of algorithms: one table, and which positions take which; what each gives.
//!
//! In: the word or setting that stands for an algorithm. Out: the argument, weak ones reported; sizes of results.

use super::{BYTES, TEXT, wrong};
use crate::model::{Expr, Function};
use crate::resolve::Resolver;
use crate::resolve::assemble::Work;
use crate::resolve::expression::expression;
use crate::resolve::path::Scope;
use crate::tree;
use crate::value::{Constant, Type};

/// Names of algorithms that a function takes, by the kind of function (`grammar.md` 11, seals).
pub(crate) const DIGESTS: [&str; 7] = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sm3"];

pub(super) const MACS: [&str; 12] = [
    "x9_9",
    "x9_19",
    "cups_ecb",
    "cups_ecb_double",
    "pboc_3des",
    "tdes_cbc_mac",
    "sm4_cbc",
    "sm4_cbc_mac",
    "sm4_ecb_mac",
    "aes_cmac",
    "sm4_cmac",
    "tdes_cmac",
];

pub(super) const SIGNATURES: [&str; 10] = [
    "rsa_sha1",
    "rsa_sha256",
    "rsa_md5",
    "rsa_pss_sha256",
    "ecdsa_sha256",
    "sm2_raw",
    "sm2_der",
    "rsa_sha512",
    "cms_rsa_sha1",
    "cms_rsa_sha256",
];

pub(crate) const CIPHERS: [&str; 36] = [
    "des_ecb",
    "des_cbc",
    "des_ecb_pkcs5",
    "des_cbc_pkcs5",
    "des_ecb_trimmed",
    "tdes_ecb",
    "tdes_cbc",
    "tdes_ecb_pkcs5",
    "tdes_cbc_pkcs5",
    "tdes_ecb_trimmed",
    "aes_ecb",
    "aes_cbc",
    "aes_ecb_pkcs5",
    "aes_ecb_pkcs7",
    "aes_cbc_pkcs5",
    "aes_cbc_pkcs7",
    "aes_gcm",
    "aes_ecb_none",
    "aes_cbc_none",
    "sm4_ecb",
    "sm4_cbc",
    "sm4_ecb_none",
    "sm4_cbc_none",
    "sm4_ecb_pkcs5",
    "sm4_ecb_pkcs7",
    "sm4_cbc_pkcs5",
    "sm4_cbc_pkcs7",
    "sm4_ecb_trimmed",
    "sm4_gcm",
    "rsa_pkcs1",
    "rsa_oaep_sha1",
    "rsa_oaep_sha256",
    "rsa_public_pkcs1",
    "sm2",
    "sm2_c1c2c3",
    "sm2_c1c3c2",
];

pub(super) const WEAK: [&str; 14] = [
    "md5",
    "sha1",
    "x9_9",
    "des_ecb",
    "des_cbc",
    "des_ecb_pkcs5",
    "des_cbc_pkcs5",
    "des_ecb_trimmed",
    "tdes_ecb",
    "aes_ecb_pkcs5",
    "rsa_sha1",
    "rsa_md5",
    "cms_rsa_sha1",
    "cups_ecb",
];

/// What a block cipher's key can be for: its kind, or the MAC that is made with it.
const KEYED: [&str; 16] = [
    "des",
    "tdes",
    "aes",
    "sm4",
    "x9_9",
    "x9_19",
    "cups_ecb",
    "cups_ecb_double",
    "pboc_3des",
    "tdes_cbc_mac",
    "sm4_cbc",
    "sm4_cbc_mac",
    "sm4_ecb_mac",
    "aes_cmac",
    "sm4_cmac",
    "tdes_cmac",
];

/// The names that a function takes at a place: the first as a rule, the last of a check value.
pub(super) fn algorithms(function: Function, place: usize) -> Option<&'static [&'static str]> {
    if place > 0 {
        return (function == Function::Kcv && place == 2).then_some(&KEYED);
    }
    Some(match function {
        Function::Digest | Function::Hmac => &DIGESTS,
        Function::Mac => &MACS,
        Function::Signature => &SIGNATURES,
        Function::Encrypt | Function::Decrypt => &CIPHERS,
        Function::RandomKey => &["des", "tdes", "aes", "sm4"],
        Function::Checksum => {
            &["sum8", "xor8", "sum16", "crc16_ccitt", "crc16_modbus", "crc32", "luhn", "mod97"]
        }
        _ => return None,
    })
}

/// An algorithm: a name of the table, or a setting whose names all are.
pub(super) fn algorithm(
    resolver: &mut Resolver,
    work: &Work<'_>,
    argument: &tree::Argument,
    scope: &Scope,
    names: &'static [&'static str],
) -> Expr {
    if let tree::ExprKind::Path(path) = &argument.value.kind
        && let Some(name) = path.single()
    {
        if names.contains(&&*name.text) {
            if WEAK.contains(&&*name.text) {
                resolver.weak(name.span, &name.text);
            }
            return Expr::constant(Constant::Text(name.text.clone()), TEXT, name.span);
        }
        resolver
            .report
            .error("TS0322", name.span, format!("there is no algorithm `{}` here", name.text))
            .note(format!("this function takes {}", listed(names)))
            .suggest(&name.text, names.iter().copied());
        return wrong(argument.span);
    }
    let expr = expression(resolver, work, &argument.value, scope, None);
    names_algorithms(resolver, &expr, names);
    expr
}

/// Names in lines that a page holds.
pub(crate) fn listed(names: &[&str]) -> String {
    names.chunks(7).map(|line| line.join(", ")).collect::<Vec<_>>().join(",\n")
}

/// Reports what is no setting of algorithms' names.
pub(crate) fn names_algorithms(resolver: &mut Resolver, expr: &Expr, names: &[&str]) {
    if let Type::Names(symbols) = &expr.ty {
        for symbol in symbols {
            let name = resolver.symbols.text(*symbol).to_owned();
            if !names.contains(&name.as_str()) {
                resolver
                    .report
                    .error(
                        "TS0323",
                        expr.span,
                        format!("the setting may be `{name}`, which is no algorithm here"),
                    )
                    .note(format!("this function takes {}", listed(names)))
                    .help("take that name out of the `one_of`");
                break;
            }
        }
    } else if !matches!(expr.ty, Type::Wrong) {
        resolver
            .report
            .error("TS0322", expr.span, "an algorithm is a name, or a setting `one_of` names")
            .note(format!("this function takes {}", listed(names)))
            .help("write the name as it stands, or declare `setting NAME one_of …` and write `setting.NAME`");
    }
}

/// Octets of a digest, by its constant name; the most where a setting names it.
pub(super) fn digest_octets(algorithm: &Expr) -> u64 {
    match algorithm.as_constant() {
        Some(Constant::Text(name)) => match &**name {
            "md5" => 16,
            "sha1" => 20,
            "sha224" => 28,
            "sha256" | "sm3" => 32,
            "sha384" => 48,
            _ => 64,
        },
        _ => 64,
    }
}

/// The greatest number that a checksum can be, by its constant name; the most where a setting names it.
pub(super) fn checksum_most(algorithm: &Expr) -> i128 {
    match algorithm.as_constant() {
        Some(Constant::Text(name)) => match &**name {
            "sum8" | "xor8" => 0xFF,
            "sum16" | "crc16_ccitt" | "crc16_modbus" => 0xFFFF,
            "luhn" => 9,
            "mod97" => 96,
            _ => 0xFFFF_FFFF,
        },
        _ => 0xFFFF_FFFF,
    }
}

/// Whether a cipher binds data that it does not encrypt.
pub(crate) fn binds(name: &str) -> bool {
    name.ends_with("gcm")
}

/// The most octets of a ciphered or opened value: as many as before where nothing is padded, a block more where it is.
pub(super) fn ciphered(function: Function, algorithm: &Expr, plain: &Type) -> Type {
    let (Some(Constant::Text(name)), Type::Bytes { max }) = (algorithm.as_constant(), plain) else {
        return BYTES;
    };
    if *max == u64::MAX || name.starts_with("rsa") || name.starts_with("sm2") || binds(name) {
        return BYTES;
    }
    let block = if name.starts_with("des") || name.starts_with("tdes") { 8 } else { 16 };
    let padded = function == Function::Encrypt && (name.contains("pkcs") || name.ends_with("trimmed"));
    Type::Bytes { max: if padded { (*max / block + 1) * block } else { *max } }
}

/// Octets of a MAC: a block of its cipher; of CUPS the eight characters of its result.
pub(super) fn mac_octets(algorithm: &Expr) -> u64 {
    match algorithm.as_constant() {
        Some(Constant::Text(name)) if name.starts_with("sm4") || name.starts_with("aes") => 16,
        Some(Constant::Text(_)) => 8,
        _ => 8,
    }
}
