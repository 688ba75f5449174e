-- AlterEnum
ALTER TYPE "SubmissionStatus" ADD VALUE 'HELD';
