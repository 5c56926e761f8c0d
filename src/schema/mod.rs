//! One table of all fields: core, every protocol's, the enrichers', and those that pattern files
//! declare. Index templates, Arrow schemas, docs/fields.md and `netlog fields` come from it.
