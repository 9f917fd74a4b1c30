//! Keys that were rotated: what comes in is checked by the versions that overlap, what goes out is sealed by the newest.

use adapters::codec::FaultKind;
use adapters::value::Record;
use dsl::program::{Compiled, Part};

use crate::formats::{party, world};
use crate::world::{compile, message, read, write};

const SEALED: &str = r#"
packet main {
  content fixed {
    message fields
  }
  tail fixed {
    mac  text 16 bytes  = hex_upper(mac(x9_19, key.mak, raw(content)))
  }
}
call ask "A" {
  request "1" {
    what  text 4 bytes = "what"
  }
}
"#;

fn sealed(compiled: &Compiled, key: &[u8]) -> Vec<u8> {
    let at = message(compiled, 0);
    let mut world = world(compiled);
    world.keys[0].1 = key.to_vec();
    write(at, Record::new(at.1.slots), &mut world, false).unwrap().take(Part::Content)
}

#[test]
fn a_seal_under_an_older_version_of_the_key_holds_while_it_overlaps() {
    let compiled = compile(&party(SEALED));
    // No two of them are one key of DES, which looks at seven bits of each octet.
    let (newest, before, first) = (vec![7; 16], vec![8; 16], vec![11; 16]);
    let comes = |key: &[u8], older: &[Vec<u8>], all_stop: bool| {
        let mut world = world(&compiled);
        world.keys[0].1.clone_from(&newest);
        world.older = older.to_vec();
        read(message(&compiled, 0), &sealed(&compiled, key), &mut world, all_stop).map(drop)
    };
    let older = [before.clone(), first.clone()];
    for all_stop in [false, true] {
        for key in [&newest, &before, &first] {
            assert_eq!(comes(key, &older, all_stop), Ok(()));
        }
        assert_eq!(comes(&first, &older[..1], all_stop).unwrap_err().kind, FaultKind::Disagrees);
        assert_eq!(comes(&before, &[], all_stop).unwrap_err().kind, FaultKind::Disagrees);
    }
    assert_ne!(sealed(&compiled, &newest), sealed(&compiled, &before));
}
