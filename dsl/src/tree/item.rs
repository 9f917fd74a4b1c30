//! Items, and the smaller ones whole.

use super::{
    Attribute, Block, CallItem, Chain, Count, DelimitedForm, Duration, Example, Expr, Field, FieldStatement,
    Flow, Label, Link, Name, Path, Session, Str, Text, Time, TypeExpr, XmlForm,
};
use crate::source::Span;

/// An item of a file.
#[derive(Clone, PartialEq, Debug)]
pub struct Item {
    /// What it declares.
    pub kind: ItemKind,
    /// The label behind its name.
    pub label: Label,
    /// The `///` lines above it.
    pub docs: Vec<Str>,
    /// The whole item, without the docs.
    pub span: Span,
}

/// The kinds of items.
#[derive(Clone, PartialEq, Debug)]
pub enum ItemKind {
    /// `party`.
    Party(Party),
    /// `setting` or `parameter`.
    Setting(Setting),
    /// `key`.
    Key(Key),
    /// `member`.
    Member(Member),
    /// `link`.
    Link(Link),
    /// `packet`.
    Packet(Packet),
    /// `layout`.
    Layout(Layout),
    /// `xml`.
    Xml(XmlForm),
    /// `delimited`.
    Delimited(DelimitedForm),
    /// `coding`.
    Coding(Coding),
    /// `codes`.
    Codes(Codes),
    /// `session`.
    Session(Session),
    /// `call`, `serve`.
    Call(CallItem),
    /// `service`.
    Service(Service),
    /// `reasons`.
    Reasons(Reasons),
    /// `flow`.
    Flow(Flow),
    /// `reconcile`.
    Reconcile(Reconcile),
    /// `example`.
    Example(Example),
    /// `use PATH`.
    Use(Path),
}

/// `party NAME L { … }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Party {
    /// The name.
    pub name: Name,
    /// Its clauses.
    pub block: Block<PartyClause>,
}

/// A clause of a party.
#[derive(Clone, PartialEq, Debug)]
pub enum PartyClause {
    /// `charset NAME`.
    Charset(Name),
    /// `day cut_over TIME`.
    DayCutOver(Time),
    /// `day from NAME`.
    DayFrom(Name),
    /// `serial expr`.
    Serial(Expr),
    /// `discloses name,*`.
    Discloses(Vec<Name>),
    /// `assumed STRING`: of the adapter as a whole.
    Assumed(Str),
}

/// `setting NAME type L`, or `parameter NAME type L`.
#[derive(Clone, PartialEq, Debug)]
pub struct Setting {
    /// The name.
    pub name: Name,
    /// A `parameter`: people change it while the gateway runs.
    pub changes: bool,
    /// The type.
    pub type_: TypeExpr,
    /// `optional` and the like.
    pub attributes: Vec<Attribute>,
}

/// `key NAME kind (NUM bytes?)? ("ours"|"theirs")? L`.
#[derive(Clone, PartialEq, Debug)]
pub struct Key {
    /// The name.
    pub name: Name,
    /// Which sort.
    pub kind: KeyKind,
    /// The size: bytes where `in_bytes`, else bits.
    pub size: Option<Count>,
    /// Whether `bytes` is written.
    pub in_bytes: bool,
    /// Whose half.
    pub owner: Option<KeyOwner>,
}

/// Sorts of keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyKind {
    /// `secret`: a shared text.
    Secret,
    /// `des`.
    Des,
    /// `tdes`.
    Tdes,
    /// `aes`.
    Aes,
    /// `sm4`.
    Sm4,
    /// `rsa`.
    Rsa,
    /// `ec`.
    Ec,
    /// `sm2`.
    Sm2,
    /// `certificate`: an RSA pair with its certificate, or the certificates of the other side.
    Certificate,
}

/// Whose half of a pair of keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyOwner {
    /// `ours`.
    Ours,
    /// `theirs`.
    Theirs,
}

/// `member NAME L { … }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Member {
    /// The name.
    pub name: Name,
    /// Its declarations.
    pub block: Block<MemberStatement>,
}

/// A declaration of a member.
#[derive(Clone, PartialEq, Debug)]
pub enum MemberStatement {
    /// The field that names one: `name text 8 bytes`.
    Naming(Field),
    /// `setting` or `parameter`.
    Setting(Setting),
    /// `key`.
    Key(Key),
}

/// `packet NAME L { … }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Packet {
    /// The name.
    pub name: Name,
    /// Its fields.
    pub block: Block<FieldStatement>,
}

/// `layout NAME type? attr* table? L { … }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Layout {
    /// The name.
    pub name: Name,
    /// The format it is for.
    pub type_: Option<TypeExpr>,
    /// Attributes of the format.
    pub attributes: Vec<Attribute>,
    /// `table`: a specification's table of fields; it sends nothing itself.
    pub table: bool,
    /// Its fields.
    pub block: Block<FieldStatement>,
}

/// `coding NAME = chain`.
#[derive(Clone, PartialEq, Debug)]
pub struct Coding {
    /// The name.
    pub name: Name,
    /// What it stands for.
    pub chain: Chain,
}

/// `codes NAME type L { rows }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Codes {
    /// The name.
    pub name: Name,
    /// The type of the code on the wire.
    pub type_: TypeExpr,
    /// Attributes of that type.
    pub attributes: Vec<Attribute>,
    /// The rows in their order.
    pub rows: Block<CodeRow>,
}

/// A row of `codes`.
#[derive(Clone, PartialEq, Debug)]
pub struct CodeRow {
    /// The code.
    pub key: CodeKey,
    /// What it means.
    pub meaning: Meaning,
}

/// A code in a table.
#[derive(Clone, PartialEq, Debug)]
pub enum CodeKey {
    /// A text, maybe with a setting in it.
    Text(Text),
    /// `other`: only read.
    Other(Span),
    /// `absent`.
    Absent(Span),
}

/// What a code means.
#[derive(Clone, PartialEq, Debug)]
pub struct Meaning {
    /// What.
    pub kind: MeaningKind,
    /// Where.
    pub span: Span,
}

/// What a code may mean.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MeaningKind {
    /// `done NAME?`.
    Done(Option<Name>),
    /// `refused NAME?`; without a reason it is provisional.
    Refused(Option<Name>),
    /// `unknown NAME?`.
    Unknown(Option<Name>),
    /// A name of a `one_of`.
    Name(Name),
    /// `refuse NAME`: the message that holds this code is refused.
    Refuse(Name),
    /// `wait DUR`: an interim answer.
    Wait(Duration),
}

/// `outcome path,* { rows }?`.
#[derive(Clone, PartialEq, Debug)]
pub struct OutcomeRows {
    /// The fields, in the order in which they decide.
    pub paths: Vec<Path>,
    /// Rows for codes that mean something else here.
    pub rows: Option<Block<OutcomeRow>>,
}

/// A row of an `outcome`: one key for each path.
#[derive(Clone, PartialEq, Debug)]
pub struct OutcomeRow {
    /// The codes.
    pub keys: Vec<CodeKey>,
    /// What they mean together.
    pub meaning: Meaning,
}

/// `service NAME kind L { … }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Service {
    /// The name.
    pub name: Name,
    /// Which kind.
    pub kind: ServiceKind,
    /// Its parts.
    pub block: Block<ServicePart>,
}

/// Kinds of services.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ServiceKind {
    /// `query`.
    Query,
    /// `posting`.
    Posting,
    /// `notice`.
    Notice,
    /// `batch`.
    Batch,
}

/// A part of a service.
#[derive(Clone, PartialEq, Debug)]
pub enum ServicePart {
    /// `ask { … }`.
    Ask(Block<FieldStatement>),
    /// `answer { … }`.
    Answer(Block<FieldStatement>),
    /// `refuse name,*`.
    Refuse(Vec<Name>),
}

/// `reasons L { name L }`; a row is a name with its label.
#[derive(Clone, PartialEq, Debug)]
pub struct Reasons {
    /// The reasons.
    pub block: Block<Name>,
}

/// `reconcile NAME L { … }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Reconcile {
    /// The name.
    pub name: Name,
    /// Day and books.
    pub block: Block<ReconcilePart>,
}

/// A line of a comparison.
#[derive(Clone, PartialEq, Debug)]
pub enum ReconcilePart {
    /// `day expr`: which business date is compared.
    Day(Expr),
    /// `month expr`: the month of that date is compared whole.
    Month(Expr),
    /// `ours call …`.
    Ours(ReconcileBook),
    /// `theirs call …`.
    Theirs(ReconcileBook),
    /// `proves word when parameter.NAME`.
    Proves(ReconcileProof),
}

/// `holds when parameter.NAME`: what a row, or that there is none, proves of an operation whose end is not known.
#[derive(Clone, PartialEq, Debug)]
pub struct ReconcileProof {
    /// `holds` or `never`.
    pub word: Name,
    /// The parameter that it hangs on.
    pub when: Path,
}

/// `call by expr (amount expr)? (, rows where expr)?`.
#[derive(Clone, PartialEq, Debug)]
pub struct ReconcileBook {
    /// The call.
    pub source: Path,
    /// `by expr`: what a row is found by.
    pub by: Expr,
    /// `amount expr`.
    pub amount: Option<Expr>,
    /// `rows where expr`.
    pub condition: Option<Expr>,
}
