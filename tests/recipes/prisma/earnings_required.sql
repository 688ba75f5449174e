-- AlterTable
ALTER TABLE "clips" ALTER COLUMN "earnings" SET NOT NULL;
