//! From messages to event fields.

use super::codes;
use super::fields as f;
use super::message::{Fault, Header, Message, Question, Record, Section};
use super::{name, rdata};
use crate::model::Value;
use crate::proto::fields::{METHOD, QUERY, RESOURCE};
use crate::proto::{Draft, Emit};
use std::borrow::Cow;
use std::fmt::Write;

/// Questions of one message that are told.
const QUESTIONS: usize = 64;

/// What the records of one or more messages say.
#[derive(Default)]
pub(super) struct Records {
    answers: Vec<Value<'static>>,
    authorities: Vec<Value<'static>>,
    additionals: Vec<Value<'static>>,
    resolved: Vec<Value<'static>>,
    /// Answers, authorities, additionals without OPT.
    counts: [u64; 3],
    /// Owner class, TTL and data of the OPT record: size, flags, options.
    opt: Option<(u16, u32, Vec<String>)>,
    /// The last answer is a SOA: how transfers end.
    soa_last: bool,
}

impl Records {
    /// Adds the records of a message; faults are counted.
    pub fn add(&mut self, message: &Message<'_>, out: &mut Emit<'_>) {
        let mut records = message.records();
        for record in records.by_ref() {
            match record {
                Ok(record) => self.one(message, &record, out),
                Err(fault) => return out.anomaly(fault.anomaly()),
            }
        }
        if records.at() < message.bytes.len() {
            out.anomaly(Fault::Trailing.anomaly());
        }
    }

    fn one(&mut self, message: &Message<'_>, record: &Record, out: &mut Emit<'_>) {
        if record.kind == 41 && record.section == Section::Additional {
            let options = message.bytes.get(record.rdata.clone()).unwrap_or_default();
            self.opt = Some((record.class, record.ttl, rdata::options(options)));
            return;
        }
        let (options, said) = (out.options, &out.options.protocols.dns);
        let [answers, authorities, additionals] = &mut self.counts;
        let (count, list) = match record.section {
            Section::Answer => (answers, Some(&mut self.answers)),
            Section::Authority => {
                (authorities, options.wants(said.include_authorities).then_some(&mut self.authorities))
            }
            Section::Additional => {
                (additionals, options.wants(said.include_additionals).then_some(&mut self.additionals))
            }
        };
        *count += 1;
        if record.section == Section::Answer {
            self.soa_last = record.kind == 6;
        }
        let Some(list) = list else { return };
        if list.len() >= out.limits().list {
            out.cap("dns.records");
            return;
        }
        let (rendered, fault) = rdata::render(message.bytes, record);
        if let Some(fault) = fault {
            out.anomaly(fault.anomaly());
        }
        if record.section == Section::Answer {
            self.resolved.extend(rendered.ip.map(Value::Ip));
        }
        list.push(object(message.bytes, record, rendered));
    }

    /// A transfer is over when the SOA comes again (RFC 5936 §2.2); one lone SOA says that nothing is new.
    pub fn transfer_over(&self, incremental: bool) -> bool {
        self.soa_last && (self.counts[0] > 1 || incremental)
    }

    /// The response code with the upper bits from EDNS.
    pub fn rcode(&self, header: &Header) -> u16 {
        let extended = self.opt.as_ref().map_or(0, |(_, ttl, _)| u16::from(ttl.to_be_bytes()[0]));
        extended << 4 | header.rcode()
    }

    /// Adds the header's and the records' fields.
    pub fn put(self, draft: &mut Draft, header: &Header, full: bool) {
        let rcode = self.rcode(header);
        let security = self.opt.as_ref().is_some_and(|(_, ttl, _)| ttl & 0x8000 != 0);
        put_flags(draft, header, security);
        if header.response() {
            draft.put(&f::RESPONSE_CODE, codes::rcode(rcode));
        }
        let [answers, authorities, additionals] = self.counts;
        draft.put(&f::ANSWERS_COUNT, answers);
        draft.put(&f::AUTHORITIES_COUNT, authorities).put(&f::ADDITIONALS_COUNT, additionals);
        let lists = [
            (&f::ANSWERS, self.answers),
            (&f::RESOLVED_IP, self.resolved),
            (&f::AUTHORITIES, self.authorities),
            (&f::ADDITIONALS, self.additionals),
        ];
        for (field, list) in lists {
            if !list.is_empty() {
                draft.put(field, Value::List(list));
            }
        }
        if let Some((size, ttl, options)) = self.opt {
            let [_, version, _, _] = ttl.to_be_bytes();
            draft.put(&f::OPT_DO, security).put(&f::OPT_UDP_SIZE, size);
            draft.put(&f::OPT_VERSION, version.to_string());
            draft.put(&f::OPT_EXT_RCODE, codes::rcode(rcode));
            if !options.is_empty() && (full || options.len() <= 16) {
                draft.put(&f::OPT_OPTIONS, Value::texts(options));
            }
        }
    }
}

fn object(message: &[u8], record: &Record, rendered: rdata::Rendered) -> Value<'static> {
    let mut owner = String::new();
    // The walk has already passed this name.
    _ = name::read(message, record.name_at, false, &mut owner);
    let mut members: Vec<(Cow<'static, str>, Value<'static>)> = Vec::with_capacity(5 + rendered.parts.len());
    members.push((Cow::Borrowed("name"), owner.into()));
    members.push((Cow::Borrowed("type"), codes::kind(record.kind).into()));
    // The top bit says in mDNS that the cache shall be flushed (RFC 6762 §10.2).
    members.push((Cow::Borrowed("class"), codes::class(record.class & 0x7fff).into()));
    members.push((Cow::Borrowed("ttl"), record.ttl.into()));
    members.push((Cow::Borrowed("data"), rendered.data.into()));
    members.extend(rendered.parts);
    Value::Object(members)
}

fn put_flags(draft: &mut Draft, header: &Header, security: bool) {
    let flags = [
        (0x0400, "AA", &f::AUTHORITATIVE),
        (0x0200, "TC", &f::TRUNCATED),
        (0x0100, "RD", &f::RECURSION_DESIRED),
        (0x0080, "RA", &f::RECURSION_AVAILABLE),
        (0x0020, "AD", &f::AUTHENTIC),
        (0x0010, "CD", &f::CHECKING_DISABLED),
    ];
    let mut set = Vec::new();
    for (bit, word, field) in flags {
        let on = header.flags & bit != 0;
        if on {
            set.push(Value::text(word));
        }
        draft.put(field, on);
    }
    if security {
        set.push(Value::text("DO"));
    }
    if !set.is_empty() {
        draft.put(&f::HEADER_FLAGS, Value::List(set));
    }
}

/// Identifier, operation and question.
pub(super) fn put_question(draft: &mut Draft, message: &Message<'_>) {
    draft.put(&f::ID, message.header.id);
    let opcode = codes::opcode(message.header.opcode());
    draft.put(&METHOD, opcode.clone()).put(&f::OP_CODE, opcode);
    let Some(question) = message.question else { return };
    if message.header.counts[0] > 1 {
        return put_questions(draft, message);
    }
    let (asked, kind, class) = describe(message, &question);
    draft.put(&QUERY, format!("class {class}, type {kind}, {asked}"));
    if let Some(registered) = psl::domain_str(&asked) {
        draft.put(&f::REGISTERED_DOMAIN, registered.to_owned());
        draft.put(&f::ETLD_PLUS_ONE, registered.to_owned());
        let before = asked.strip_suffix(registered).and_then(|s| s.strip_suffix('.'));
        draft.put_some(&f::SUBDOMAIN, before.map(str::to_owned));
        draft.put_some(&f::TOP_LEVEL_DOMAIN, psl::suffix_str(&asked).map(str::to_owned));
    }
    draft.put(&f::QUESTION_TYPE, kind).put(&f::QUESTION_CLASS, class);
    draft.put(&RESOURCE, asked.clone()).put(&f::QUESTION_NAME, asked);
}

/// Several questions, as resolvers of mDNS ask (RFC 6762 §5.3): each field holds the list of all, in their order.
fn put_questions(draft: &mut Draft, message: &Message<'_>) {
    let all: Vec<_> = message.questions().take(QUESTIONS).map(|q| describe(message, &q)).collect();
    let query = all.iter().map(|(asked, kind, class)| format!("class {class}, type {kind}, {asked}"));
    draft.put(&QUERY, query.collect::<Vec<_>>().join("; "));
    draft.put(&f::QUESTIONS, Value::texts(all.iter().map(|(asked, kind, _)| format!("{kind} {asked}"))));
    draft.put(&f::QUESTION_TYPE, Value::texts(all.iter().map(|(_, kind, _)| kind.clone())));
    draft.put(&f::QUESTION_CLASS, Value::texts(all.iter().map(|(_, _, class)| class.clone())));
    draft.put_some(&RESOURCE, all.first().map(|(asked, ..)| asked.clone()));
    // The domain that was registered, if they are all about one.
    let mut registered = all.iter().map(|(asked, ..)| psl::domain_str(asked));
    let first = registered.next().flatten().filter(|first| registered.all(|other| other == Some(*first)));
    if let Some(domain) = first {
        draft.put(&f::REGISTERED_DOMAIN, domain.to_owned()).put(&f::ETLD_PLUS_ONE, domain.to_owned());
    }
    draft.put(&f::QUESTION_NAME, Value::texts(all.into_iter().map(|(asked, ..)| asked)));
}

fn describe(message: &Message<'_>, question: &Question) -> (String, Cow<'static, str>, Cow<'static, str>) {
    let mut asked = String::new();
    // Reading the message has already checked this name.
    _ = name::read(message.bytes, question.name_at, true, &mut asked);
    (asked, codes::kind(question.kind), codes::class(question.class & 0x7fff))
}

/// The whole message in the manner of zone files, for --detail full.
pub(super) fn text(message: &Message<'_>, limit: usize) -> String {
    let header = message.header;
    let mut text = format!("id {}, {}", header.id, codes::opcode(header.opcode()));
    if header.response() {
        _ = write!(text, ", {}", codes::rcode(header.rcode()));
    }
    for question in message.questions() {
        let (asked, kind, class) = describe(message, &question);
        _ = write!(text, "\n? {asked} {class} {kind}");
    }
    for record in message.records().map_while(Result::ok).filter(|r| r.kind != 41) {
        let (rendered, _) = rdata::render(message.bytes, &record);
        let mut owner = String::new();
        _ = name::read(message.bytes, record.name_at, false, &mut owner);
        let (class, kind) = (codes::class(record.class & 0x7fff), codes::kind(record.kind));
        _ = write!(text, "\n{owner} {} {class} {kind} {}", record.ttl, rendered.data);
        if text.len() > limit {
            break;
        }
    }
    text
}
