//! The header walk and the packet filter, against hand-made packets, tshark and tcpdump.

mod corpus;
mod filter;
mod links;
mod packets;
mod tunnels;
