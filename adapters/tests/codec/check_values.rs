//! Check values of keys that are octets: the cipher is the one that the key is for.

use adapters::value::Record;
use dsl::program::Part;

use crate::formats::{party, world};
use crate::world::{compile, message, write};

#[test]
fn a_check_value_is_made_by_the_cipher_that_the_key_is_for() {
    let compiled = compile(&party(
        r#"
packet main { content fixed { message fields } }
call ask "A" {
  request "1" {
    let key = from_hex("0123456789ABCDEFFEDCBA9876543210")
    length  text 8 bytes  = hex_upper(kcv(4, key))
    named   text 8 bytes  = hex_upper(kcv(4, key, tdes))
    mac     text 8 bytes  = hex_upper(kcv(4, key, x9_19))
    cipher  text 8 bytes  = hex_upper(kcv(4, key, sm4))
    other   text 8 bytes  = hex_upper(kcv(4, key, sm4_cbc))
  }
}
"#,
    ));
    let at = message(&compiled, 0);
    let mut written = write(at, Record::new(at.1.slots), &mut world(&compiled), false).unwrap();
    // Both values are of ANSI X9.24 and GB/T 32907: a zero block under the key.
    let expected = ["08D7B4FB"; 3].iter().chain(&["2677F46B"; 2]).copied().collect::<String>();
    assert_eq!(String::from_utf8(written.take(Part::Content)).unwrap(), expected);
}
