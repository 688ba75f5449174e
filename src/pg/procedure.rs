//! Procedures that commit as they go.

use super::error::caught;
use super::raw;
use super::snapshot::with_snapshot;
use crate::errors::Result;
use pgrx::FromDatum;
use pgrx::pg_sys::{self, Datum, Oid};

/// One CALL of a procedure.
pub struct ProcedureCall(pub(super) pg_sys::FunctionCallInfo);

impl ProcedureCall {
    /// The procedure's own OID.
    pub fn function(&self) -> Oid {
        function(self.0)
    }

    fn argument(&self, number: usize) -> Option<Datum> {
        // SAFETY: PostgreSQL's own call; the number is below that of the declared arguments.
        let argument = unsafe { pgrx::fcinfo::pg_get_nullable_datum(self.0, number) };
        (!argument.isnull).then_some(argument.value)
    }

    /// An argument declared as regclass.
    pub fn relation(&self, number: usize) -> Option<Oid> {
        // SAFETY: as declared.
        self.argument(number)
            .and_then(|datum| unsafe { Oid::from_datum(datum, false) })
    }

    /// An argument declared as integer.
    pub fn integer(&self, number: usize) -> Option<i32> {
        // SAFETY: as declared.
        self.argument(number)
            .and_then(|datum| unsafe { i32::from_datum(datum, false) })
    }

    /// Whether the procedure may end transactions: not inside of a transaction block, nor of a function.
    pub(super) fn may_commit(&self) -> bool {
        // SAFETY: the context, if any, is a node.
        let context = unsafe { ((*self.0).context as *const pg_sys::CallContext).as_ref() };
        context.is_some_and(|context| context.type_ == pg_sys::NodeTag::T_CallContext && !context.atomic)
    }

    /// Runs `body` in a transaction of its own, and commits it. What `body` gives back outlives it.
    pub fn in_transaction<T>(&self, body: impl FnOnce() -> Result<T>) -> Result<T> {
        let given = with_snapshot(body)?;
        // SAFETY: the outermost connection to SPI was made for this; nothing of the transaction is held here.
        caught(|| unsafe { raw::SPI_commit() })?;
        Ok(given)
    }
}

/// The OID of the function that PostgreSQL calls with this; an invalid one is that of none.
pub fn function(call: pg_sys::FunctionCallInfo) -> Oid {
    // SAFETY: the pointer that PostgreSQL gave to the function that runs; what it calls without a look-up has no flinfo.
    let info = unsafe { call.as_ref().and_then(|call| call.flinfo.as_ref()) };
    info.map_or(Oid::INVALID, |info| info.fn_oid)
}
