//! Names and facts of the table.

use super::*;

#[test]
fn every_name_leads_back() {
    for position in [Position::Digest, Position::Mac, Position::Signature, Position::Cipher] {
        for name in Algorithm::names(position) {
            let algorithm = Algorithm::from_name(position, name).unwrap();
            assert_eq!(algorithm.name(), name);
        }
    }
}

#[test]
fn a_name_means_what_its_place_says() {
    let cipher = Algorithm::from_name(Position::Cipher, "sm4_cbc").unwrap();
    assert!(matches!(cipher, Algorithm::Cipher(Cipher { padding: Padding::None, .. })));
    assert_eq!(Algorithm::from_name(Position::Mac, "sm4_cbc"), Some(Algorithm::Mac(Mac::Sm4Cbc)));
    for name in ["aes_cbc_pkcs5", "aes_cbc_pkcs7", "sm4_ecb_none", "tdes_ecb", "sm4_gcm", "sm2", "rsa_pkcs1"]
    {
        assert!(Algorithm::from_name(Position::Cipher, name).is_some(), "{name}");
    }
    for name in ["des_gcm", "aes_gcm_pkcs7", "aes_ctr", "aes", "sm4_ecb_none_x", "md5"] {
        assert!(Algorithm::from_name(Position::Cipher, name).is_none(), "{name}");
    }
}

#[test]
fn lengths_and_costs_are_known_beforehand() {
    let padded = Algorithm::from_name(Position::Cipher, "aes_cbc_pkcs7").unwrap();
    assert_eq!(padded.output_length(16), OutputLength::Exactly(32));
    assert_eq!(padded.output_length(15), OutputLength::Exactly(16));
    assert_eq!(padded.cost(LONG_DATA - 1), Cost::Quick);
    assert_eq!(padded.cost(LONG_DATA), Cost::Heavy);
    assert_eq!(Algorithm::Signature(Signature::Sm2Raw).cost(1), Cost::Heavy);
    assert_eq!(Algorithm::Signature(Signature::RsaSha256).cost(1), Cost::Heavy);
}
