-- AlterTable
ALTER TABLE "clips" DROP COLUMN "earnings",
ADD COLUMN     "earned" DECIMAL(10,2) DEFAULT 0;
