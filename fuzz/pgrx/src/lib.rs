//! What src/value needs of pgrx: an OID, and those of the types that keys and money have.

pub mod pg_sys {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct Oid(u32);

    impl Oid {
        pub const fn to_u32(self) -> u32 {
            self.0
        }
    }

    impl From<u32> for Oid {
        fn from(number: u32) -> Self {
            Self(number)
        }
    }

    pub const INT8OID: Oid = Oid(20);
    pub const FLOAT4OID: Oid = Oid(700);
    pub const FLOAT8OID: Oid = Oid(701);
    pub const NUMERICOID: Oid = Oid(1700);
    pub const INT2OID: Oid = Oid(21);
    pub const INT4OID: Oid = Oid(23);
    pub const TEXTOID: Oid = Oid(25);
    pub const VARCHAROID: Oid = Oid(1043);
    pub const UUIDOID: Oid = Oid(2950);
    pub const TEXTARRAYOID: Oid = Oid(1009);
    pub const INT8ARRAYOID: Oid = Oid(1016);
    pub const UUIDARRAYOID: Oid = Oid(2951);
}
