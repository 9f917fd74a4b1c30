//! Seal functions of expressions: done at once, or handed out as jobs and remembered (decisions D1).
//!
//! In: the function, its algorithm and arguments. Out: its result, or the job. An instruction that stopped is run
//! again from its start; as everything in it is determined, its seals come in the same order, so that results are
//! remembered by their place in that order.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

use dsl::evaluate::calendar::epoch;
use dsl::evaluate::{Fault, Value};
use dsl::model::Function;

use crate::charset::{self, Charset};
use crate::seal::{
    self, Algorithm, Checksum, Cost, Digest, KeyKind, Mac, Position, PreparedKey, SealError, Signature,
    check_value, constant_time_equal,
};
use crate::value::Surroundings;

/// What a job gives.
pub type SealResult = Result<Vec<u8>, Fault>;

/// Where random octets come from, or why they do not.
pub type Draws<'a> = &'a mut dyn FnMut(&mut [u8]) -> Result<(), Fault>;

/// Does what draws secrets; where their source fails it comes to nothing. What stands in their place then is known to everybody, is
/// there so that the work ends, and goes with it.
pub(crate) fn drawing<T>(
    draws: Draws<'_>,
    work: impl FnOnce(seal::Random<'_>) -> Result<T, SealError>,
) -> Result<T, Fault> {
    let mut failed = None;
    let mut place = 0_u64;
    let done = work(&mut |octets: &mut [u8]| {
        let Err(fault) = draws(octets) else { return };
        failed = Some(fault);
        for octet in octets {
            place = place.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let [octet_of_place, ..] = place.to_be_bytes();
            *octet = octet_of_place;
        }
    });
    match failed {
        Some(fault) => Err(fault),
        None => done.map_err(|_| Fault::Seal),
    }
}

/// A seal that is computed elsewhere: on a worker thread, or in a hardware module.
#[derive(Clone, Debug)]
pub struct SealJob {
    work: Work,
    key: Option<Arc<PreparedKey>>,
    data: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq)]
enum Work {
    Digest(Digest),
    Hmac(Digest),
    Mac(Mac),
    Sign(Signature, Option<String>),
    Verify { signature: Signature, user: Option<String>, made: Vec<u8>, moment: Option<i64> },
    Encrypt(Algorithm, Beside),
    Decrypt(Algorithm, Beside),
    CheckValue(usize),
}

/// What a cipher takes beside its key: an initial vector, and data that are bound to what is encrypted.
#[derive(Clone, Debug, PartialEq)]
struct Beside {
    iv: Option<Vec<u8>>,
    associated: Option<Vec<u8>>,
}

impl SealJob {
    /// The key it takes.
    #[must_use]
    pub fn key(&self) -> Option<&Arc<PreparedKey>> {
        self.key.as_ref()
    }

    /// The octets it is over.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// What is done, in the words of the language: `mac x9_19`, `signature rsa_sha256`, `encrypt tdes_ecb`.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.work {
            Work::Digest(digest) => format!("digest {}", digest.name()),
            Work::Hmac(digest) => format!("hmac {}", digest.name()),
            Work::Mac(mac) => format!("mac {}", mac.name()),
            Work::Sign(signature, _) | Work::Verify { signature, .. } => {
                format!("signature {}", signature.name())
            }
            Work::Encrypt(algorithm, _) => format!("encrypt {}", algorithm.name()),
            Work::Decrypt(algorithm, _) => format!("decrypt {}", algorithm.name()),
            Work::CheckValue(length) => format!("kcv {length}"),
        }
    }

    /// Whether the other does the same with the very same key over the same octets: where chance has no part in it, both
    /// give the same.
    #[must_use]
    pub fn does_the_same_as(&self, other: &Self) -> bool {
        let one_key = match (&self.key, &other.key) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        one_key && self.work == other.work && self.data == other.data
    }

    /// Whether it should not be done on a thread that serves connections.
    #[must_use]
    pub fn is_heavy(&self) -> bool {
        self.work.is_heavy(self.key.as_deref(), self.data.len())
    }

    /// Computes it: octets, or for a verification one octet 1 or 0.
    ///
    /// # Errors
    /// [`Fault::Seal`] for a key that does not fit or a cipher text that is none; the source's fault where it failed.
    pub fn run(&self, draws: Draws<'_>) -> SealResult {
        self.work.run(self.key.as_deref(), &self.data, draws)
    }
}

impl Work {
    fn is_heavy(&self, key: Option<&PreparedKey>, octets: usize) -> bool {
        let algorithm = match self {
            Work::Digest(digest) | Work::Hmac(digest) => Algorithm::Digest(*digest),
            Work::Mac(mac) => Algorithm::Mac(*mac),
            Work::Sign(signature, _) => Algorithm::Signature(*signature),
            Work::Verify { signature, .. } => {
                return key.is_none_or(|key| seal::cost_of_verifying(*signature, key, octets) == Cost::Heavy);
            }
            Work::Encrypt(algorithm, _) | Work::Decrypt(algorithm, _) => *algorithm,
            Work::CheckValue(_) => return false,
        };
        algorithm.cost(octets) == Cost::Heavy
    }

    /// Whether it gives the same whenever it is done again: chance has no part in it.
    fn is_determined(&self) -> bool {
        matches!(self, Work::Digest(_) | Work::Hmac(_) | Work::Mac(_) | Work::CheckValue(_))
    }

    fn run(&self, key: Option<&PreparedKey>, data: &[u8], draws: Draws<'_>) -> SealResult {
        let key = || key.ok_or(Fault::Seal);
        let done = match self {
            Work::Digest(digest) => Ok(seal::digest(*digest, data)),
            Work::Hmac(digest) => Ok(key()?.hmac(*digest, data).ok_or(Fault::Seal)?),
            Work::Mac(mac) => seal::mac(*mac, key()?, data),
            Work::Sign(signature, user) => {
                let key = key()?;
                return drawing(draws, |random| seal::sign(*signature, key, data, user.as_deref(), random));
            }
            Work::Verify { signature, user, made, moment } => {
                let user = user.as_deref();
                let holds = seal::verify_at(*signature, key()?, data, made, user, *moment);
                Ok(vec![u8::from(holds.is_ok())])
            }
            Work::Encrypt(algorithm, Beside { iv, associated }) => {
                let (key, iv, associated) = (key()?, iv.as_deref(), associated.as_deref());
                return drawing(draws, |random| {
                    seal::encrypt_bound(*algorithm, key, iv, associated, data, random)
                });
            }
            Work::Decrypt(algorithm, Beside { iv, associated }) => {
                let (key, iv, associated) = (key()?, iv.as_deref(), associated.as_deref());
                return drawing(draws, |random| {
                    seal::decrypt_bound(*algorithm, key, iv, associated, data, random)
                });
            }
            Work::CheckValue(length) => check_value(*length, key()?),
        };
        done.map_err(|_| Fault::Seal)
    }
}

/// A seal that is asked for: its octets lie where they are.
struct Asked<'a> {
    work: Work,
    key: Option<Arc<PreparedKey>>,
    data: Cow<'a, [u8]>,
}

/// Results of the seals of the instruction that is being run.
#[derive(Debug, Default)]
pub(crate) struct Seals {
    /// Every seal stops the machine, also a quick one.
    pub(crate) all_stop: bool,
    memory: RefCell<Memory>,
    /// There is something in the memory: most instructions have no seal.
    used: Cell<bool>,
}

#[derive(Debug, Default)]
struct Memory {
    known: Vec<SealResult>,
    next: usize,
    job: Option<Box<SealJob>>,
}

impl Seals {
    /// An instruction begins, or begins again.
    #[inline]
    pub(crate) fn begin(&self) {
        if self.used.get() {
            self.memory.borrow_mut().next = 0;
        }
    }

    /// It is done: nothing of it is needed any more.
    #[inline]
    pub(crate) fn finish(&self) {
        if self.used.replace(false) {
            let mut memory = self.memory.borrow_mut();
            memory.known.clear();
            memory.next = 0;
        }
    }

    /// The job that stopped the instruction.
    #[inline]
    pub(crate) fn take_job(&self) -> Option<Box<SealJob>> {
        if self.used.get() { self.memory.borrow_mut().job.take() } else { None }
    }

    /// The result of that job.
    pub(crate) fn resume(&self, result: SealResult) {
        self.used.set(true);
        self.memory.borrow_mut().known.push(result);
    }

    fn compute(&self, asked: Asked<'_>, surroundings: &dyn Surroundings) -> SealResult {
        let Asked { work, key, data } = asked;
        let stops = self.all_stop || work.is_heavy(key.as_deref(), data.len());
        // Where another seal stops the instruction later, this one is as soon computed again as remembered.
        if !stops && work.is_determined() {
            return work.run(key.as_deref(), &data, &mut |_| Err(Fault::Seal));
        }
        self.used.set(true);
        {
            let mut memory = self.memory.borrow_mut();
            if let Some(known) = memory.known.get(memory.next).cloned() {
                memory.next += 1;
                return known;
            }
            if stops {
                memory.job = Some(Box::new(SealJob { work, key, data: data.into_owned() }));
                return Err(Fault::NeedsSeal);
            }
        }
        let result = work.run(key.as_deref(), &data, &mut |octets| surroundings.random(octets));
        let mut memory = self.memory.borrow_mut();
        memory.known.push(result.clone());
        memory.next += 1;
        result
    }

    /// A seal function of an expression.
    pub(crate) fn call(
        &self,
        function: Function,
        algorithm: &str,
        arguments: &[Value<'_>],
        charset: &str,
        surroundings: &dyn Surroundings,
    ) -> Result<Value<'static>, Fault> {
        let caller = Caller { charset, surroundings, arguments };
        match function {
            Function::Encoded => {
                let name = if algorithm.is_empty() { charset } else { algorithm };
                let Some(Value::Text(text)) = arguments.first() else { return Err(Fault::Kind) };
                Ok(Value::bytes(encode_text(name, text)?.into_owned()))
            }
            Function::Checksum => {
                let checksum = Checksum::from_name(algorithm).ok_or(Fault::Seal)?;
                let sum = seal::checksum(checksum, &caller.octets(0)?).ok_or(Fault::NotNumber)?;
                Ok(Value::Number(i128::from(sum)))
            }
            Function::RandomKey => {
                let kind =
                    KeyKind::from_name(algorithm).or_else(|| cipher_kind(algorithm)).ok_or(Fault::Seal)?;
                let length = if kind == KeyKind::Des { 8 } else { 16 };
                let key = drawing(&mut |octets| surroundings.random(octets), |random| {
                    PreparedKey::generate(kind, length, random)
                })?;
                key.symmetric_bytes().map(Value::bytes).ok_or(Fault::Seal)
            }
            _ => {
                let asked = caller.asked(function, algorithm)?;
                self.compute(asked, surroundings).map(Value::bytes)
            }
        }
    }

    /// Whether a signature holds, in constant time where that matters.
    pub(crate) fn verify(
        &self,
        algorithm: &str,
        key: Arc<PreparedKey>,
        covered: Vec<u8>,
        made: Vec<u8>,
        user: Option<String>,
        surroundings: &dyn Surroundings,
    ) -> Result<bool, Fault> {
        let signature = Signature::from_name(algorithm).ok_or(Fault::Seal)?;
        // What a certificate vouches for holds while the certificate does.
        let certified = key.kind() == KeyKind::Certificate;
        let moment = if certified { Some(epoch(surroundings.now()?)) } else { None };
        let work = Work::Verify { signature, user, made, moment };
        let asked = Asked { work, key: Some(key), data: covered.into() };
        self.compute(asked, surroundings).map(|verdict| verdict == [1])
    }

    /// Makes a signature.
    pub(crate) fn sign(
        &self,
        algorithm: &str,
        key: Arc<PreparedKey>,
        covered: Vec<u8>,
        user: Option<String>,
        surroundings: &dyn Surroundings,
    ) -> SealResult {
        let signature = Signature::from_name(algorithm).ok_or(Fault::Seal)?;
        let asked = Asked { work: Work::Sign(signature, user), key: Some(key), data: covered.into() };
        self.compute(asked, surroundings)
    }

    /// The key that a value is, for an algorithm: one of the store, or octets.
    pub(crate) fn key(
        &self,
        value: &Value<'_>,
        algorithm: Algorithm,
        charset: &str,
        surroundings: &dyn Surroundings,
    ) -> Result<Arc<PreparedKey>, Fault> {
        Caller { charset, surroundings, arguments: std::slice::from_ref(value) }.key(0, algorithm)
    }

    /// The octets of a key that is used as a secret.
    pub(crate) fn secret(
        &self,
        value: &Value<'_>,
        charset: &str,
        surroundings: &dyn Surroundings,
    ) -> Result<Arc<PreparedKey>, Fault> {
        Caller { charset, surroundings, arguments: std::slice::from_ref(value) }.secret(0)
    }

    /// Runs what may stop at a seal until it is done; its seals are computed in place.
    pub(crate) fn at_once<T, E>(
        &self,
        surroundings: &dyn Surroundings,
        mut work: impl FnMut() -> Result<T, E>,
    ) -> Result<T, E> {
        loop {
            self.begin();
            match (work(), self.take_job()) {
                (Err(_), Some(job)) => self.resume(job.run(&mut |octets| surroundings.random(octets))),
                (done, _) => {
                    self.finish();
                    return done;
                }
            }
        }
    }

    /// One step of a chain: a cipher, either way.
    pub(crate) fn cipher(
        &self,
        encrypt: bool,
        algorithm: &str,
        arguments: &[Value<'_>],
        charset: &str,
        surroundings: &dyn Surroundings,
    ) -> SealResult {
        let function = if encrypt { Function::Encrypt } else { Function::Decrypt };
        let caller = Caller { charset, surroundings, arguments };
        self.compute(caller.asked(function, algorithm)?, surroundings)
    }
}

fn cipher_kind(name: &str) -> Option<KeyKind> {
    Algorithm::from_name(Position::Cipher, name).and_then(Algorithm::key_kind)
}

/// The octets of a text in a charset; the empty name is UTF-8.
pub(crate) fn encode_text<'t>(name: &str, text: &'t str) -> Result<Cow<'t, [u8]>, Fault> {
    let charset =
        if name.is_empty() { Charset::Utf8 } else { Charset::from_name(name).ok_or(Fault::Character)? };
    charset::encode(charset, text).map_err(|_| Fault::Character)
}

/// Whether two octet strings are equal, in a time that does not depend on where they differ.
pub(crate) fn same_octets(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && constant_time_equal(left, right)
}

struct Caller<'a, 'v> {
    charset: &'a str,
    surroundings: &'a dyn Surroundings,
    arguments: &'a [Value<'v>],
}

impl Caller<'_, '_> {
    fn octets(&self, place: usize) -> Result<Cow<'_, [u8]>, Fault> {
        match self.arguments.get(place).ok_or(Fault::Absent)? {
            Value::Bytes(octets) => Ok(Cow::Borrowed(octets)),
            Value::Text(text) => encode_text(self.charset, text),
            Value::Key(key) => self.surroundings.secret(key),
            Value::Number(number) => Ok(number.to_string().into_bytes().into()),
            Value::Decimal(decimal) => Ok(decimal.to_string().into_bytes().into()),
            Value::Name(symbol) => encode_text(self.charset, self.surroundings.symbols().text(*symbol)),
            Value::Absent => Err(Fault::Absent),
            _ => Err(Fault::Kind),
        }
    }

    fn optional(&self, place: usize) -> Result<Option<Vec<u8>>, Fault> {
        match self.arguments.get(place) {
            None | Some(Value::Absent) => Ok(None),
            Some(_) => self.octets(place).map(|octets| Some(octets.into_owned())),
        }
    }

    fn beside(&self) -> Result<Beside, Fault> {
        Ok(Beside { iv: self.optional(2)?, associated: self.optional(3)? })
    }

    fn user(&self, place: usize) -> Result<Option<String>, Fault> {
        self.optional(place)?
            .map(|octets| String::from_utf8(octets).map_err(|_| Fault::Character))
            .transpose()
    }

    fn key(&self, place: usize, algorithm: Algorithm) -> Result<Arc<PreparedKey>, Fault> {
        match self.arguments.get(place).ok_or(Fault::Absent)? {
            Value::Key(key) => self.surroundings.key(key),
            Value::Absent => Err(Fault::Absent),
            _ => {
                let octets = self.octets(place)?;
                PreparedKey::for_algorithm(algorithm, &octets).map(Arc::new).map_err(|_| Fault::Seal)
            }
        }
    }

    fn secret(&self, place: usize) -> Result<Arc<PreparedKey>, Fault> {
        if let Some(Value::Key(key)) = self.arguments.get(place) {
            return self.surroundings.key(key);
        }
        PreparedKey::symmetric(KeyKind::Secret, &self.octets(place)?).map(Arc::new).map_err(|_| Fault::Seal)
    }

    fn asked(&self, function: Function, name: &str) -> Result<Asked<'_>, Fault> {
        let algorithm = |position| Algorithm::from_name(position, name).ok_or(Fault::Seal);
        Ok(match (function, name) {
            (Function::Digest, _) => match algorithm(Position::Digest)? {
                Algorithm::Digest(digest) => {
                    Asked { work: Work::Digest(digest), key: None, data: self.octets(0)? }
                }
                _ => return Err(Fault::Seal),
            },
            (Function::Hmac, _) => match algorithm(Position::Digest)? {
                Algorithm::Digest(digest) => {
                    Asked { work: Work::Hmac(digest), key: Some(self.secret(0)?), data: self.octets(1)? }
                }
                _ => return Err(Fault::Seal),
            },
            (Function::Mac, _) => match algorithm(Position::Mac)? {
                whole @ Algorithm::Mac(mac) => {
                    Asked { work: Work::Mac(mac), key: Some(self.key(0, whole)?), data: self.octets(1)? }
                }
                _ => return Err(Fault::Seal),
            },
            (Function::Signature, _) => match algorithm(Position::Signature)? {
                whole @ Algorithm::Signature(signature) => {
                    let work = Work::Sign(signature, self.user(2)?);
                    Asked { work, key: Some(self.key(0, whole)?), data: self.octets(1)? }
                }
                _ => return Err(Fault::Seal),
            },
            (Function::Encrypt, _) => {
                let whole = algorithm(Position::Cipher)?;
                let work = Work::Encrypt(whole, self.beside()?);
                Asked { work, key: Some(self.key(0, whole)?), data: self.octets(1)? }
            }
            (Function::Decrypt, _) => {
                let whole = algorithm(Position::Cipher)?;
                let work = Work::Decrypt(whole, self.beside()?);
                Asked { work, key: Some(self.key(0, whole)?), data: self.octets(1)? }
            }
            (Function::Kcv, _) => {
                let Some(Value::Number(length)) = self.arguments.first() else { return Err(Fault::Kind) };
                let length = usize::try_from(*length).map_err(|_| Fault::Overflow)?;
                let key = self.block_key(1, name)?;
                Asked { work: Work::CheckValue(length), key: Some(key), data: Cow::Borrowed(&[]) }
            }
            _ => return Err(Fault::Broken),
        })
    }

    /// A session's work key: of the kind that it is said to be for, else of the one that its length tells.
    fn block_key(&self, place: usize, name: &str) -> Result<Arc<PreparedKey>, Fault> {
        if let Some(Value::Key(key)) = self.arguments.get(place) {
            return self.surroundings.key(key);
        }
        let octets = self.octets(place)?;
        let of_mac = || Algorithm::from_name(Position::Mac, name).and_then(Algorithm::key_kind);
        let kind = match KeyKind::from_name(name).or_else(of_mac) {
            Some(kind @ (KeyKind::Aes | KeyKind::Sm4)) => kind,
            _ if octets.len() == 8 => KeyKind::Des,
            _ => KeyKind::Tdes,
        };
        PreparedKey::symmetric(kind, &octets).map(Arc::new).map_err(|_| Fault::Seal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_from_a_source_that_fails_comes_to_nothing_and_ends() {
        for (kind, length) in [(KeyKind::Tdes, 16), (KeyKind::Sm2, 32)] {
            let made =
                drawing(&mut |_| Err(Fault::Seal), |random| PreparedKey::generate(kind, length, random));
            assert_eq!(made.err(), Some(Fault::Seal), "{kind}");
        }
        let mut times = 0;
        let mut fails_later = |octets: &mut [u8]| {
            times += 1;
            octets.fill(3);
            if times > 1 { Err(Fault::Broken) } else { Ok(()) }
        };
        let drawn = drawing(&mut fails_later, |random| {
            let mut octets = [0; 2];
            let (first, second) = octets.split_at_mut(1);
            random(first);
            random(second);
            Ok(octets)
        });
        assert_eq!(drawn, Err(Fault::Broken));
    }
}
