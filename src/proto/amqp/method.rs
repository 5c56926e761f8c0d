//! Arguments of methods (AMQP 0-9-1, amqp0-9-1.xml, and RabbitMQ's extensions).

use super::fields as f;
use super::table::{self, long, short};
use crate::model::{FieldRef, Value};
use crate::proto::wire::Wire;

/// A method with its arguments.
#[derive(Debug, Default)]
pub(super) struct Method {
    pub name: &'static str,
    /// What it is about, as Packetbeat puts it behind the name.
    pub about: String,
    pub resource: String,
    pub fields: Vec<(FieldRef, Value<'static>)>,
    pub no_wait: bool,
    /// Code and text of a refusal.
    pub reply: Option<(u16, String)>,
    /// Class and number of the method that a refusal answers.
    pub blames: Option<(u16, u16)>,
    pub mechanism: Option<String>,
    pub user: Option<String>,
    pub password: Option<String>,
}

impl Method {
    fn put(&mut self, field: FieldRef, value: impl Into<Value<'static>>) -> &mut Method {
        self.fields.push((field, value.into()));
        self
    }

    fn bits(&mut self, bits: u8, fields: &[Option<FieldRef>]) {
        for (i, field) in fields.iter().enumerate() {
            if let Some(field) = field {
                self.put(field, bits >> i & 1 == 1);
            }
        }
        let at = fields.iter().position(|field| field.is_some_and(|f| f.name == f::NO_WAIT.name));
        self.no_wait = at.is_some_and(|at| bits >> at & 1 == 1);
    }

    fn exchange(&mut self, exchange: &str) {
        if !exchange.is_empty() {
            self.put(&f::EXCHANGE, exchange.to_owned());
        }
    }

    fn arguments(&mut self, wire: &mut Wire<'_>) -> Option<()> {
        let arguments = table::table(wire)?;
        if !table::is_empty(&arguments) {
            self.put(&f::ARGUMENTS, arguments);
        }
        Some(())
    }
}

/// Reads the arguments of a method; `None` if they are damaged.
pub(super) fn read(class: u16, number: u16, name: &'static str, bytes: &[u8]) -> Option<Method> {
    let mut wire = Wire::new(bytes);
    let mut m = Method { name, ..Method::default() };
    match class {
        10 => connection(&mut m, number, &mut wire)?,
        20 => match number {
            20 | 21 => drop(m.put(&f::ACTIVE, wire.u8()? & 1 == 1)),
            40 => close(&mut m, &mut wire)?,
            _ => {}
        },
        40 => exchange(&mut m, number, &mut wire)?,
        50 => queue(&mut m, number, &mut wire)?,
        60 => basic(&mut m, number, &mut wire)?,
        _ => {}
    }
    Some(m)
}

fn connection(m: &mut Method, number: u16, wire: &mut Wire<'_>) -> Option<()> {
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match number {
        10 => {
            wire.u16()?;
            m.put(&f::SERVER_PROPERTIES, table::table(wire)?);
            m.put(&f::MECHANISMS, lossy(long(wire)?));
        }
        11 => {
            m.put(&f::CLIENT_PROPERTIES, table::table(wire)?);
            let mechanism = short(wire)?;
            let response = long(wire)?;
            m.put(&f::MECHANISM, mechanism.clone());
            match mechanism.as_str() {
                "PLAIN" => {
                    let mut parts = response.split(|b| *b == 0).skip(1);
                    (m.user, m.password) = (parts.next().map(lossy), parts.next().map(lossy));
                }
                "AMQPLAIN" => credentials(m, response),
                _ => {}
            }
            m.mechanism = Some(mechanism);
        }
        31 => {
            m.put(&f::CHANNEL_MAX, wire.u16()?)
                .put(&f::FRAME_MAX, wire.u32()?)
                .put(&f::HEARTBEAT, wire.u16()?);
        }
        40 => {
            m.resource = short(wire)?;
            m.put(&f::VIRTUAL_HOST, m.resource.clone());
        }
        50 => close(m, wire)?,
        _ => {}
    }
    Some(())
}

/// AMQPLAIN: members of a table without its length.
fn credentials(m: &mut Method, response: &[u8]) {
    let len = u32::try_from(response.len()).unwrap_or(0);
    let bytes = [&len.to_be_bytes(), response].concat();
    let Some(Value::Object(members)) = table::table(&mut Wire::new(&bytes)) else { return };
    for (name, value) in members {
        match (name.as_ref(), value.as_str()) {
            ("LOGIN", Some(user)) => m.user = Some(user.to_owned()),
            ("PASSWORD", Some(password)) => m.password = Some(password.to_owned()),
            _ => {}
        }
    }
}

fn close(m: &mut Method, wire: &mut Wire<'_>) -> Option<()> {
    let (code, text) = (wire.u16()?, short(wire)?);
    m.put(&f::REPLY_CODE, code).put(&f::REPLY_TEXT, text.clone());
    let (class, number) = (wire.u16()?, wire.u16()?);
    m.put(&f::CLASS_ID, class).put(&f::METHOD_ID, number);
    m.blames = Some((class, number));
    m.reply = Some((code, text));
    Some(())
}

fn exchange(m: &mut Method, number: u16, wire: &mut Wire<'_>) -> Option<()> {
    match number {
        10 => {
            wire.u16()?;
            let (name, kind) = (short(wire)?, short(wire)?);
            m.put(&f::EXCHANGE, name.clone());
            m.put(&f::EXCHANGE_TYPE, if kind.is_empty() { "direct".to_owned() } else { kind });
            m.bits(wire.u8()?, &[Some(&f::PASSIVE), Some(&f::DURABLE), None, None, Some(&f::NO_WAIT)]);
            m.arguments(wire)?;
            (m.about, m.resource) = (name.clone(), name);
        }
        20 => {
            wire.u16()?;
            let name = short(wire)?;
            m.put(&f::EXCHANGE, name.clone());
            m.bits(wire.u8()?, &[Some(&f::IF_UNUSED), Some(&f::NO_WAIT)]);
            (m.about, m.resource) = (name.clone(), name);
        }
        30 | 40 => {
            wire.u16()?;
            let (destination, source, key) = (short(wire)?, short(wire)?, short(wire)?);
            m.about = format!("{source} {destination}");
            m.resource.clone_from(&destination);
            m.put(&f::DESTINATION, destination).put(&f::SOURCE, source).put(&f::ROUTING_KEY, key);
            m.bits(wire.u8()?, &[Some(&f::NO_WAIT)]);
            m.arguments(wire)?;
        }
        _ => {}
    }
    Some(())
}

fn queue(m: &mut Method, number: u16, wire: &mut Wire<'_>) -> Option<()> {
    match number {
        10 | 30 | 40 => {
            wire.u16()?;
            let name = short(wire)?;
            m.put(&f::QUEUE, name.clone());
            let bits = wire.u8()?;
            match number {
                10 => {
                    let all = [&f::PASSIVE, &f::DURABLE, &f::EXCLUSIVE, &f::AUTO_DELETE, &f::NO_WAIT];
                    m.bits(bits, &all.map(Some));
                    m.arguments(wire)?;
                }
                30 => m.bits(bits, &[Some(&f::NO_WAIT)]),
                _ => m.bits(bits, &[Some(&f::IF_UNUSED), Some(&f::IF_EMPTY), Some(&f::NO_WAIT)]),
            }
            (m.about, m.resource) = (name.clone(), name);
        }
        11 => {
            m.put(&f::QUEUE, short(wire)?);
            m.put(&f::MESSAGE_COUNT, wire.u32()?).put(&f::CONSUMER_COUNT, wire.u32()?);
        }
        31 | 41 => drop(m.put(&f::MESSAGE_COUNT, wire.u32()?)),
        20 | 50 => {
            wire.u16()?;
            let (queue, exchange, key) = (short(wire)?, short(wire)?, short(wire)?);
            m.about = format!("{queue} {exchange}");
            m.exchange(&exchange);
            m.resource.clone_from(&queue);
            m.put(&f::QUEUE, queue).put(&f::ROUTING_KEY, key);
            if number == 20 {
                m.bits(wire.u8()?, &[Some(&f::NO_WAIT)]);
            }
            m.arguments(wire)?;
        }
        _ => {}
    }
    Some(())
}

fn basic(m: &mut Method, number: u16, wire: &mut Wire<'_>) -> Option<()> {
    match number {
        10 => {
            m.put(&f::PREFETCH_SIZE, wire.u32()?).put(&f::PREFETCH_COUNT, wire.u16()?);
            m.bits(wire.u8()?, &[Some(&f::GLOBAL)]);
        }
        20 => {
            wire.u16()?;
            let (queue, tag) = (short(wire)?, short(wire)?);
            m.put(&f::QUEUE, queue.clone()).put(&f::CONSUMER_TAG, tag);
            m.bits(wire.u8()?, &[&f::NO_LOCAL, &f::NO_ACK, &f::EXCLUSIVE, &f::NO_WAIT].map(Some));
            m.arguments(wire)?;
            (m.about, m.resource) = (queue.clone(), queue);
        }
        21 | 31 => drop(m.put(&f::CONSUMER_TAG, short(wire)?)),
        30 => {
            m.about = short(wire)?;
            m.put(&f::CONSUMER_TAG, m.about.clone());
            m.bits(wire.u8()?, &[Some(&f::NO_WAIT)]);
        }
        40 => {
            wire.u16()?;
            route(m, wire)?;
            m.bits(wire.u8()?, &[Some(&f::MANDATORY), Some(&f::IMMEDIATE)]);
        }
        50 => {
            let (code, text) = (wire.u16()?, short(wire)?);
            m.put(&f::REPLY_CODE, code).put(&f::REPLY_TEXT, text.clone());
            m.reply = Some((code, text));
            route(m, wire)?;
        }
        60 | 71 => delivery(m, number, wire)?,
        70 => {
            wire.u16()?;
            let queue = short(wire)?;
            m.put(&f::QUEUE, queue.clone());
            m.bits(wire.u8()?, &[Some(&f::NO_ACK)]);
            (m.about, m.resource) = (queue.clone(), queue);
        }
        80 | 90 | 120 => {
            let tag = wire.u64()?;
            m.put(&f::DELIVERY_TAG, tag);
            let bits = wire.u8()?;
            match number {
                80 => m.bits(bits, &[Some(&f::MULTIPLE)]),
                90 => {
                    m.about = tag.to_string();
                    m.bits(bits, &[Some(&f::REQUEUE)]);
                }
                _ => m.bits(bits, &[Some(&f::MULTIPLE), Some(&f::REQUEUE)]),
            }
        }
        100 | 110 => m.bits(wire.u8()?, &[Some(&f::REQUEUE)]),
        _ => {}
    }
    Some(())
}

/// Exchange and routing key of a message.
fn route(m: &mut Method, wire: &mut Wire<'_>) -> Option<()> {
    let (exchange, key) = (short(wire)?, short(wire)?);
    m.exchange(&exchange);
    m.resource = if exchange.is_empty() { key.clone() } else { exchange };
    m.put(&f::ROUTING_KEY, key);
    Some(())
}

fn delivery(m: &mut Method, number: u16, wire: &mut Wire<'_>) -> Option<()> {
    if number == 60 {
        m.put(&f::CONSUMER_TAG, short(wire)?);
    }
    m.put(&f::DELIVERY_TAG, wire.u64()?);
    m.bits(wire.u8()?, &[Some(&f::REDELIVERED)]);
    let (exchange, key) = (short(wire)?, short(wire)?);
    m.exchange(&exchange);
    m.resource = if exchange.is_empty() { key.clone() } else { exchange };
    m.put(&f::ROUTING_KEY, key);
    if number == 71 {
        m.put(&f::MESSAGE_COUNT, wire.u32()?);
    }
    Some(())
}
