//! The page that stands beside the documents of all parties: what there is, how large each is, and where its page stands.
//!
//! In: the whole checked model, and the systems in the order in which they are to stand. Out: HTML text. It must not know files.

use super::{STYLE, escaped};
use crate::model::{Flow, FlowNode, Model, Module, Start, StepTarget};
use std::fmt::Write;

/// A system as a bank lists it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Folder of its adapter.
    pub folder: String,
    /// Its name for people.
    pub name: String,
    /// The family it is of.
    pub family: String,
}

/// What is counted of a party.
#[derive(Default)]
struct Counts {
    messages: usize,
    to_them: usize,
    to_us: usize,
    fields: usize,
    flows: usize,
    assumed: usize,
}

/// The page: the systems in their order, then every other party of the bank's own house. `page` gives the address of a folder's
/// page.
#[must_use]
pub fn index(model: &Model, listed: &[Listed], page: &dyn Fn(&str) -> String) -> String {
    let mut out = format!(
        "<!doctype html><html lang=\"zh\"><head><meta charset=\"utf-8\"><title>接口文档 Interfaces</title><style>{STYLE}td.n,th.n{{text-align:right}}tr.sum td{{font-weight:bold;border-top:2px solid #444}}</style></head><body><h1>接口文档 <small>Interfaces</small></h1><p>每个对方一页, 由适配器生成。 A page for each party, made from its adapter.</p>"
    );
    let of = |folder: &str| {
        let mut modules = model.modules.iter().map(|module| &**module);
        modules.find(|module| *module.folder == *folder && module.party.is_some())
    };
    let systems: Vec<(&Module, &str, &str)> = listed
        .iter()
        .filter_map(|one| Some((of(&one.folder)?, one.name.as_str(), one.family.as_str())))
        .collect();
    let is_listed = |module: &Module| listed.iter().any(|one| *one.folder == *module.folder);
    let others: Vec<(&Module, &str, &str)> = model
        .modules
        .iter()
        .map(|module| &**module)
        .filter(|module| module.party.is_some() && !is_listed(module))
        .map(|module| (module, &*module.label, "行内 the bank's own"))
        .collect();
    table(&mut out, model, "外部系统 Systems outside", &systems, page);
    table(&mut out, model, "行内系统 Systems of the bank", &others, page);
    out.push_str("</body></html>\n");
    out
}

fn table(
    out: &mut String,
    model: &Model,
    title: &str,
    rows: &[(&Module, &str, &str)],
    page: &dyn Fn(&str) -> String,
) {
    if rows.is_empty() {
        return;
    }
    let _ = write!(
        out,
        "<h2>{title}</h2><table><tr><th class=\"n\">#</th><th>系统</th><th>名称</th><th>类别</th><th class=\"n\">报文 messages</th><th class=\"n\">行方发起 ours</th><th class=\"n\">对方发起 theirs</th><th class=\"n\">字段 fields</th><th class=\"n\">流程 flows</th><th class=\"n\">假定 assumed</th><th>链路 links</th></tr>"
    );
    let mut sum = Counts::default();
    for (place, (module, name, family)) in rows.iter().enumerate() {
        let counts = counts(model, module);
        let links: Vec<String> =
            module.links.iter().map(|link| escaped(super::words::link_kind(link))).collect();
        let _ = write!(
            out,
            "<tr><td class=\"n\">{}</td><td><a href=\"{}\">{}</a></td><td>{}</td><td>{}</td>{}<td>{}</td></tr>",
            place + 1,
            escaped(&page(&module.folder)),
            escaped(&module.folder),
            escaped(name),
            escaped(family),
            cells(&counts),
            tally(links),
        );
        sum.messages += counts.messages;
        sum.to_them += counts.to_them;
        sum.to_us += counts.to_us;
        sum.fields += counts.fields;
        sum.flows += counts.flows;
        sum.assumed += counts.assumed;
    }
    let _ = write!(
        out,
        "<tr class=\"sum\"><td></td><td>合计 all</td><td></td><td></td>{}<td></td></tr></table>",
        cells(&sum)
    );
}

fn cells(counts: &Counts) -> String {
    let all = [counts.messages, counts.to_them, counts.to_us, counts.fields, counts.flows, counts.assumed];
    all.iter().map(|count| format!("<td class=\"n\">{count}</td>")).collect()
}

/// `TCP ×2 · SFTP`, in the order in which they come.
fn tally(links: Vec<String>) -> String {
    let mut seen: Vec<(String, usize)> = Vec::new();
    for link in links {
        match seen.iter_mut().find(|(known, _)| *known == link) {
            Some((_, count)) => *count += 1,
            None => seen.push((link, 1)),
        }
    }
    let shown = |(link, count): (String, usize)| if count > 1 { format!("{link} ×{count}") } else { link };
    seen.into_iter().map(shown).collect::<Vec<_>>().join(" · ")
}

fn counts(model: &Model, module: &Module) -> Counts {
    let own = module.flows.len();
    let of_bank = model.modules.iter().filter(|other| other.name != module.name && other.party.is_none());
    let using = of_bank.flat_map(|other| &other.flows).filter(|flow| uses(module, flow)).count();
    Counts {
        messages: module.messages.len(),
        to_them: module.calls.iter().filter(|call| call.ours).count(),
        to_us: module.calls.iter().filter(|call| !call.ours).count(),
        fields: module.messages.iter().map(|message| message.fields.len()).sum(),
        flows: own + using,
        assumed: module.assumed.len(),
    }
}

/// Whether a flow begins by what the party asks, or asks what the party provides.
fn uses(module: &Module, flow: &Flow) -> bool {
    let services = |ours: bool| {
        let calls = module.calls.iter().filter(move |call| call.ours == ours);
        calls.filter_map(|call| call.service).collect::<Vec<u16>>()
    };
    let begins = matches!(flow.start, Start::Service(service) if services(false).contains(&service));
    let provided = services(true);
    let asks = flow
        .steps
        .iter()
        .any(|step| matches!(step.target, StepTarget::Service(service) if provided.contains(&service)));
    begins || asks || starts(&flow.body, &provided)
}

/// Whether it begins a flow of such a service, which a party provides.
fn starts(nodes: &[FlowNode], provided: &[u16]) -> bool {
    nodes.iter().any(|node| match node {
        FlowNode::StartFlow { service, .. } => provided.contains(service),
        FlowNode::Choose { cases, other, .. } => {
            starts(other, provided) || cases.iter().any(|(_, inner)| starts(inner, provided))
        }
        FlowNode::Together(inner, _) => starts(inner, provided),
        _ => false,
    })
}
