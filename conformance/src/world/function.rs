//! What statements of a world may use beside SQLite's own functions.

use adapters::seal::{Digest, digest};
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, Error, Result};

/// `digest('sha256', text)`: the digest of the text's octets in UTF-8, in small hexadecimal figures: lists of files name it.
pub(super) fn register(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("digest", 2, flags, |context| {
        let (name, text): (String, String) = (context.get(0)?, context.get(1)?);
        let algorithm = match name.as_str() {
            "md5" => Digest::Md5,
            "sha1" => Digest::Sha1,
            "sha256" => Digest::Sha256,
            "sm3" => Digest::Sm3,
            _ => return Err(Error::UserFunctionError(format!("there is no digest `{name}`").into())),
        };
        Ok(digest(algorithm, text.as_bytes()).iter().map(|octet| format!("{octet:02x}")).collect::<String>())
    })
}
