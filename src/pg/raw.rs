//! The same functions as in `pg_sys`, without pgrx's guard: their errors jump to the nearest [`super::error::caught`], or out
//! of the backend's function altogether.

use pgrx::pg_sys::{self, Datum};
use std::ffi::{c_char, c_int, c_long};

unsafe extern "C-unwind" {
    pub fn ReThrowError(error: *mut pg_sys::ErrorData) -> !;
    pub fn SPI_prepare_cursor(
        sql: *const c_char,
        count: c_int,
        types: *mut pg_sys::Oid,
        options: c_int,
    ) -> pg_sys::SPIPlanPtr;
    pub fn SPI_plan_get_cached_plan(plan: pg_sys::SPIPlanPtr) -> *mut pg_sys::CachedPlan;
    pub fn SPI_execute(sql: *const c_char, read_only: bool, limit: c_long) -> c_int;
    pub fn SPI_commit();
    pub fn LockRelationOid(relation: pg_sys::Oid, mode: c_int);
    pub fn SPI_execute_snapshot(
        plan: pg_sys::SPIPlanPtr,
        values: *mut Datum,
        nulls: *const c_char,
        snapshot: pg_sys::Snapshot,
        crosscheck: pg_sys::Snapshot,
        read_only: bool,
        fire_triggers: bool,
        limit: c_long,
    ) -> c_int;
}
