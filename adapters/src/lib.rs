//! The wire: octets to slots and back by compiled programs; charsets, seals, keys.
//!
//! In: programs of `dsl`, octets, and what stands around a message ([`value::Surroundings`]). Out: records of slots,
//! octets, outcomes, faults without text. It must not know a flow, a store, a bank or a socket. Start reading at
//! [`codec`]; a record is in [`value`], an algorithm in [`seal`], the key store in [`keys`].

pub mod charset;
pub mod codec;
pub mod keys;
pub mod seal;
pub mod value;
