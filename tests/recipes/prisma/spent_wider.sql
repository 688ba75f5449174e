-- AlterTable
ALTER TABLE "campaigns" ALTER COLUMN "spent" SET DATA TYPE DECIMAL(12,2);
